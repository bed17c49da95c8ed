#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/redis/bus.h"
#include "core/redis/reply.h"

namespace arbees::redis {

/// Why one connection ended.
struct SessionEnd {
  std::string reason;  ///< one word, as in LinkLost
  std::string detail;
  EventId cause;  ///< what led to it, where known
  bool misconfigured = false;
};

/// What is said on a new connection before it is of use: AUTH, CLIENT SETNAME, SELECT as the settings
/// ask for them, and a PING last, so that a link that is ready has seen the server serve a command.
/// Everything leaves in one write: one round trip.
class Handshake {
 public:
  explicit Handshake(const BusSettings& settings);

  [[nodiscard]] std::string request(const BusSettings& settings) const;

  /// Takes the next reply; says why the connection is of no use, or nothing.
  [[nodiscard]] std::optional<SessionEnd> take(const Reply& reply, const BusSettings& settings);
  [[nodiscard]] bool done() const { return answered_ == steps_.size(); }

 private:
  enum class Step : std::uint8_t { authenticate, name, select, ping };

  [[nodiscard]] static std::string_view command(Step step);

  std::vector<Step> steps_;
  std::size_t answered_ = 0;
};

/// The end of a connection whose server answered with an error that concerns the whole link.
[[nodiscard]] SessionEnd refused_by_server(std::string_view command, std::string_view error,
                                           const BusSettings& settings);
/// The end of a connection whose server answered what no Redis answers.
[[nodiscard]] SessionEnd garbage(std::string what);

}  // namespace arbees::redis
