// The one place where models meet real sockets: part of the main of arbees-chaos, because only mains may
// link both sim and prod.
#include "sim/cli/serve_redis.h"

#include <algorithm>
#include <fstream>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <sys/resource.h>

#include "prod/asio/boot_clock.h"
#include "prod/asio/listener.h"
#include "prod/asio/loop.h"
#include "prod/asio/termination.h"
#include "sim/redis/service.h"

namespace arbees::sim {
namespace {

class MachineClock final : public redis::ServerClock {
 public:
  explicit MachineClock(const Clock& clock) : clock_(clock) {}
  [[nodiscard]] WallTime wall_now() const override { return clock_.wall_now(); }

 private:
  const Clock& clock_;
};

class RedisOnSockets final : public prod::AcceptHandler {
 public:
  RedisOnSockets(const redis::ServerClock& clock, const redis::ServerSettings& settings)
      : service_(clock, settings) {}
  void require_password(std::string_view password) { service_.require_password(password); }
  [[nodiscard]] const redis::ServerStats& stats() const { return service_.server().stats(); }

 private:
  ConnectionHandler& on_accept(std::unique_ptr<Connection> connection,
                               const prod::AcceptedAddress& address) override {
    return service_.serve(std::move(connection), {address.remote, address.local});
  }

  redis::Service service_;
};

/// As the real server does: a limit of 1024 descriptors must not be met before that of clients.
void allow_descriptors(std::size_t clients) {
  constexpr rlim_t others = 32;
  rlimit limit = {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < clients + others) {
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, clients + others);
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
}

/// A file, because everybody on the machine can read a command line. None: it cannot be read.
std::optional<std::string> first_line_of(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  return std::getline(file, line) ? std::optional(line) : std::nullopt;
}

std::string summary(const redis::ServerStats& stats) {
  return "served " + std::to_string(stats.commands) + " commands of " +
         std::to_string(stats.clients_opened) + " clients: " + std::to_string(stats.error_replies) +
         " refused, " + std::to_string(stats.published) + " messages published, " +
         std::to_string(stats.delivered) + " delivered; " + std::to_string(stats.clients_refused) +
         " clients turned away\n";
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
  allow_descriptors(options.maxclients);
  prod::Loop loop;
  const prod::BootClock clock(loop.io());
  const MachineClock wall_clock(clock);
  RedisOnSockets redis(wall_clock, {.maxclients = options.maxclients});
  if (!options.password_file.empty()) {
    const auto password = first_line_of(options.password_file);
    if (!password || password->empty()) {
      console.complain("arbees-chaos serve-redis: --requirepass-file: " + options.password_file +
                       " cannot be read or its first line, the password, is empty\n");
      return ChaosExit::usage;
    }
    redis.require_password(*password);
  }
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
