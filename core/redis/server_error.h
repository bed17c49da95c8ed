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

/// An error text as events may carry it: at most 200 bytes, and without the password, which a server
/// that does not know AUTH repeats in its answer.
[[nodiscard]] std::string presentable(std::string_view error, const BusSettings& settings);

}  // namespace arbees::redis
