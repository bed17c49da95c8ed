// The one place where models meet real sockets: part of the main of arbees-chaos, because only mains may
// link both sim and prod.
#include "sim/cli/serve_redis.h"

#include <memory>
#include <utility>
#include <vector>

#include "prod/asio/listener.h"
#include "prod/asio/loop.h"
#include "prod/asio/termination.h"
#include "sim/redis/service.h"

namespace arbees::sim {
namespace {

class RedisOnSockets final : public prod::AcceptHandler {
 public:
  [[nodiscard]] const redis::ServerStats& stats() const { return service_.server().stats(); }

 private:
  ConnectionHandler& on_accept(std::unique_ptr<Connection> connection,
                               const prod::AcceptedAddress&) override {
    return service_.serve(std::move(connection));
  }

  redis::Service service_;
};

std::string summary(const redis::ServerStats& stats) {
  return "served " + std::to_string(stats.commands) + " commands of " +
         std::to_string(stats.clients_opened) + " clients: " + std::to_string(stats.error_replies) +
         " refused, " + std::to_string(stats.published) + " messages published, " +
         std::to_string(stats.delivered) + " delivered\n";
}

}  // namespace

ChaosExit serve_redis(const ServeRedisOptions& options, Console& console) {
  std::vector<Endpoint> wanted;
  if (options.port) {
    wanted.push_back({Endpoint::Kind::tcp, options.host, *options.port});
  }
  if (!options.socket.empty()) {
    wanted.push_back({Endpoint::Kind::unix_socket, options.socket, 0});
  }
  if (wanted.empty()) {
    console.complain(
        "arbees-chaos serve-redis: nowhere to listen; give --port PORT (0: a free one) or --socket "
        "PATH\n");
    return ChaosExit::usage;
  }
  RedisOnSockets redis;
  prod::Loop loop;
  std::vector<std::unique_ptr<prod::Listener>> listeners;
  std::string places;
  for (const Endpoint& where : wanted) {
    auto listener = prod::Listener::open(loop.io(), where, redis);
    if (!listener) {
      console.complain("arbees-chaos serve-redis: " + listener.error() + "\n");
      return ChaosExit::usage;
    }
    places += where.kind == Endpoint::Kind::tcp ? "port " + std::to_string((*listener)->port())
                                                : "socket " + where.host;
    places += '\n';
    listeners.push_back(*std::move(listener));
  }
  const prod::TerminationSignals signals(loop.io(),
                                         [&](int) { loop.exit(ExitCode::ok, "asked to"); });
  console.result(places);
  const ExitCode code = loop.run();
  console.result(summary(redis.stats()));
  return code == ExitCode::ok ? ChaosExit::ok : ChaosExit::internal_error;
}

}  // namespace arbees::sim
