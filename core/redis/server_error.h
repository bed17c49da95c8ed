#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/redis/bus.h"

namespace arbees::redis {

/// What an error reply says about the link it came on.
enum class ServerError : std::uint8_t {
  about_the_command,  ///< only this command failed
  outage,             ///< the server cannot serve now (loading, a demoted node): try again
  refusal             ///< our settings or its rules are wrong: an operator must act
};

/// Judges an error reply by its first word, as Redis 7 words them.
[[nodiscard]] ServerError judge(std::string_view error);

/// Whether only a node of a Redis Cluster says so.
[[nodiscard]] bool tells_of_cluster(std::string_view error);

/// Whether this answer to one command means that the connection is of no use for any other either: the
/// server cannot serve, does not know us any more, or is part of a cluster. A forbidden channel is not.
[[nodiscard]] bool concerns_link(std::string_view error);

/// Whether an error in reply to PING is as good as a PONG. A server that cannot save to its disk refuses
/// writes, and PING as well (MISCONF), while PUBLISH and SUBSCRIBE go on: taken for an outage, a full
/// disk would cut off a fleet that needs none of it.
[[nodiscard]] bool answers_ping(std::string_view error);

/// An error text as events may carry it: at most 200 bytes, and without the passwords, which a
/// server that does not know AUTH repeats in its answer.
[[nodiscard]] std::string presentable(std::string_view error, const BusSettings& settings);

}  // namespace arbees::redis
