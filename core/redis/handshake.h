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

/// What is said on a new connection before it is of use, in one write, so in one round trip:
///   AUTH if there is a password;
///   HELLO 2, which says what kind of server this is. It is allowed under every ACL. A server too old to know
///     it is taken as it is; a node of a cluster and a Sentinel are refused by name: in a cluster PUBLISH
///     counts the receivers of one node only, so that 0 would not prove loss;
///   CLIENT SETNAME and SELECT as the settings ask for them;
///   ROLE if a sentinel named the server: it may lag behind a failover, and PUBLISH on a replica works and
///     reaches nobody (H9);
///   PING, so that a link that is ready has seen the server serve a command.
class Handshake {
 public:
  explicit Handshake(const BusSettings& settings);

  [[nodiscard]] std::string request(const BusSettings& settings) const;

  /// Takes the next reply; says why the connection is of no use, or nothing.
  [[nodiscard]] std::optional<SessionEnd> take(const Reply& reply, const BusSettings& settings);
  [[nodiscard]] bool done() const { return answered_ == steps_.size(); }

 private:
  enum class Step : std::uint8_t { authenticate, kind, name, select, role, ping };

  [[nodiscard]] static std::string_view command(Step step);
  [[nodiscard]] static std::optional<SessionEnd> judge_error(Step step, std::string_view error,
                                                             const BusSettings& settings);
  [[nodiscard]] static std::optional<SessionEnd> judge_kind(const Reply& hello);
  [[nodiscard]] static std::optional<SessionEnd> judge_role(const Reply& role);

  std::vector<Step> steps_;
  std::size_t answered_ = 0;
};

/// The end of a connection whose server answered with an error that concerns the whole link.
[[nodiscard]] SessionEnd refused_by_server(std::string_view command, std::string_view error,
                                           const BusSettings& settings);
/// The end of a connection whose server answered what no Redis answers.
[[nodiscard]] SessionEnd garbage(std::string what);

}  // namespace arbees::redis
