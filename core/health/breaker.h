#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "core/base/time.h"

namespace arbees {

struct BreakerLimits {
  std::uint64_t failures;  ///< so many in a row open it
  std::uint64_t
      successes;      ///< so many close it again; also how many games it is tried with at once
  Duration open;      ///< how long it stays open the first time; doubled with each relapse,
  Duration open_max;  ///< up to this
};

enum class BreakerState : std::uint8_t { closed, open, half_open };

[[nodiscard]] std::string_view to_string(BreakerState state);

struct BreakerChange {
  BreakerState from;
  BreakerState to;
  std::uint64_t failures;  ///< in a row, that opened it
  Duration lasted;         ///< how long `from` had lasted
  Duration not_closed;     ///< how long it has not been closed
};

/// Whether a shard is given games (seed 2.2).
///
///   Closed --3 failures in a row--> Open --30 s--> HalfOpen --2 successes--> Closed
///                                    ^------------- 1 failure ------------'
///
/// Half-open is entered by the clock, not by being asked, and anything that the shard acknowledges is a
/// success there: a breaker must close on an evening without a new game, too (M2, H12).
///
/// Closed, only games count: a shard that takes grants and never runs what it is given would otherwise
/// have its failures forgotten every ten seconds. For the same reason the time it stays open goes back
/// to its first value only when a game was served, not when grants have closed it.
class Breaker {
 public:
  Breaker(const BreakerLimits& limits, MonoTime now);

  [[nodiscard]] BreakerState state() const;
  /// Of the `free` places, how many may be filled now, while `unproven` games that it was given are not
  /// acknowledged yet.
  [[nodiscard]] std::uint64_t room(std::uint64_t free, std::uint64_t unproven) const;
  /// How long it has not been closed; 0 if it is.
  [[nodiscard]] Duration not_closed(MonoTime now) const;
  /// When `advance` must be called next.
  [[nodiscard]] std::optional<MonoTime> deadline() const;

  std::optional<BreakerChange> advance(MonoTime now);
  /// A command failed: it stays unanswered, or what it said was done is not so.
  std::optional<BreakerChange> failed(MonoTime now);
  /// A game is served by the shard.
  std::optional<BreakerChange> served(MonoTime now);
  /// Something else, said at `asked`, is acknowledged.
  std::optional<BreakerChange> answered(MonoTime asked, MonoTime now);

 private:
  struct Closed {
    MonoTime since;
    std::uint64_t failures = 0;
  };
  struct Open {
    MonoTime since;
    MonoTime until;
  };
  struct HalfOpen {
    MonoTime since;
    std::uint64_t successes = 0;
  };

  BreakerChange open(BreakerState from, MonoTime since, MonoTime now);
  std::optional<BreakerChange> succeed(HalfOpen& half_open, MonoTime now);

  BreakerLimits limits_;
  std::variant<Closed, Open, HalfOpen> state_;
  Duration next_open_;          ///< how long it will be open the next time
  MonoTime opened_{};           ///< when it was closed last
  std::uint64_t failures_ = 0;  ///< that opened it
};

}  // namespace arbees
