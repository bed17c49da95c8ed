#include "tests/conformance/redis_pair.h"

#include <stdexcept>
#include <utility>

#include "tests/conformance/resp_frames.h"

namespace arbees::testing {
namespace {

using sim::redis::ClientId;

constexpr std::string_view told_when_closed = "<closed>";
constexpr std::string_view timed_out = "<nothing more within the deadline>";

std::string bulk(std::string_view bytes) {
  return "$" + std::to_string(bytes.size()) + "\r\n" + std::string(bytes) + "\r\n";
}

}  // namespace

RedisPair::RedisPair() = default;

RedisPair::Connection RedisPair::connect() {
  StreamSocket socket = StreamSocket::connect_unix(real_.socket_path());
  const std::uint64_t id = real_id(socket);
  ClientId client = model_.open().value();
  while (client.value() < id) {
    model_.closed(client);
    client = model_.open().value();
  }
  links_.push_back({std::move(socket), client});
  return links_.size() - 1;
}

std::uint64_t RedisPair::real_id(StreamSocket& socket) {
  socket.send("CLIENT ID\r\n");
  const std::string reply = receive_until(socket, "\r\n");
  return std::stoull(reply.substr(1));
}

bool RedisPair::open(Connection connection) const { return links_.at(connection).open; }

void RedisPair::send(Link& link, std::span<const std::string> pieces) {
  for (const std::string& piece : pieces) {
    model_.feed(link.client, piece);
    if (!link.socket.send(piece)) {
      throw std::runtime_error("the real redis-server reads nothing more");
    }
  }
}

Answers RedisPair::ask(Connection connection, std::span<const std::string> pieces,
                       bool bare_unsubscribe) {
  Link& link = links_.at(connection);
  const std::string barrier = "barrier " + std::to_string(++barriers_);
  send(link, pieces);
  const std::string ping = "PING \"" + barrier + "\"\r\n";
  send(link, std::span(&ping, 1));
  const std::string real = receive_until(link.socket, bulk(barrier));
  const std::string model = take_from_model(link);
  return {without_hash_order(real, bare_unsubscribe), without_hash_order(model, bare_unsubscribe)};
}

Answers RedisPair::ask_last(Connection connection, std::span<const std::string> pieces) {
  Link& link = links_.at(connection);
  send(link, pieces);
  std::string model = take_from_model(link);
  if (link.open) {
    link.socket.finish_sending();
    model_.closed(link.client);
    link.open = false;
    model += told_when_closed;
  }
  return {without_hash_order(receive_all(link.socket), false), without_hash_order(model, false)};
}

void RedisPair::hang_up(Connection connection) {
  Link& link = links_.at(connection);
  if (link.open) {
    link.socket.finish_sending();
    model_.closed(link.client);
    (void)receive_all(link.socket);  // from here on the real server has forgotten it, too
    link.open = false;
  }
}

void RedisPair::hang_up_all() {
  for (Connection connection = 0; connection < links_.size(); ++connection) {
    hang_up(connection);
  }
  links_.clear();
  output_.said.clear();
}

std::string RedisPair::take_from_model(Link& link) {
  auto said = std::exchange(output_.said[link.client], {});
  if (said.closed) {
    link.open = false;
    said.bytes += told_when_closed;
  }
  return said.bytes;
}

std::string RedisPair::receive_until(StreamSocket& socket, std::string_view ending) {
  std::string received;
  while (!received.ends_with(ending)) {
    const auto bytes = socket.receive();
    if (!bytes) {
      return received.append(timed_out);
    }
    if (bytes->empty()) {
      return received.append(told_when_closed);
    }
    received += *bytes;
  }
  return received;
}

std::string RedisPair::receive_all(StreamSocket& socket) {
  std::string received;
  while (true) {
    const auto bytes = socket.receive();
    if (!bytes) {
      return received.append(timed_out);
    }
    if (bytes->empty()) {
      return received.append(told_when_closed);
    }
    received += *bytes;
  }
}

}  // namespace arbees::testing
