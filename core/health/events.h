#pragma once

#include <cstdint>
#include <string>

#include "core/events/event.h"

namespace arbees {

/// A shard is given no games for a while: commands to it failed, so many in a row.
struct BreakerOpened {
  static constexpr std::string_view name = "breaker_opened";
  static constexpr Severity severity = Severity::warning;
  ShardId shard;
  std::string why;  ///< of the last failure: unanswered, not_running
  std::uint64_t failures;
  Duration opens_for;  ///< until it is half-open
  bool relapse;        ///< it was half-open before

  void visit(FieldVisitor& v) const {
    v("shard", shard), v("why", why), v("failures", failures), v("opens_for", opens_for),
        v("relapse", relapse);
  }
};

/// Time is up: the shard is tried with few games, or with anything else that it can acknowledge.
struct BreakerHalfOpened {
  static constexpr std::string_view name = "breaker_half_opened";
  static constexpr Severity severity = Severity::info;
  ShardId shard;
  Duration was_open;

  void visit(FieldVisitor& v) const { v("shard", shard), v("was_open", was_open); }
};

struct BreakerClosed {
  static constexpr std::string_view name = "breaker_closed";
  static constexpr Severity severity = Severity::info;
  ShardId shard;
  std::string why;  ///< answered: it acknowledged its probes; restarted: it is another process
  Duration was_not_closed;

  void visit(FieldVisitor& v) const {
    v("shard", shard), v("why", why), v("was_not_closed", was_not_closed);
  }
};

/// A shard got worse so often lately that others are preferred to it.
struct ShardFlapping {
  static constexpr std::string_view name = "shard_flapping";
  static constexpr Severity severity = Severity::warning;
  ShardId shard;
  std::uint64_t penalty;  ///< 1000 for each time, halved with every half-life

  void visit(FieldVisitor& v) const { v("shard", shard), v("penalty", penalty); }
};

struct ShardFlappingEnded {
  static constexpr std::string_view name = "shard_flapping_ended";
  static constexpr Severity severity = Severity::info;
  ShardId shard;
  Duration lasted;

  void visit(FieldVisitor& v) const { v("shard", shard), v("lasted", lasted); }
};

/// A shard was another process so often within a minute that its games cannot wait for it.
struct ShardUnstable {
  static constexpr std::string_view name = "shard_unstable";
  static constexpr Severity severity = Severity::warning;
  ShardId shard;
  std::uint64_t incarnations;
  Duration within;

  void visit(FieldVisitor& v) const {
    v("shard", shard), v("incarnations", incarnations), v("within", within);
  }
};

struct ShardUnstableEnded {
  static constexpr std::string_view name = "shard_unstable_ended";
  static constexpr Severity severity = Severity::info;
  ShardId shard;
  Duration lasted;

  void visit(FieldVisitor& v) const { v("shard", shard), v("lasted", lasted); }
};

/// A shard that is alive has a reason to give its games away: unstable, or degraded for too long.
struct ShardWantsToLeave {
  static constexpr std::string_view name = "shard_wants_to_leave";
  static constexpr Severity severity = Severity::warning;
  ShardId shard;
  std::string reason;
  std::string checks;  ///< that fail, separated by commas

  void visit(FieldVisitor& v) const { v("shard", shard), v("reason", reason), v("checks", checks); }
};

/// One check fails on most shards at once: its cause is outside of them, and no game moves because of it.
struct SharedFaultBegan {
  static constexpr std::string_view name = "shared_fault_began";
  static constexpr Severity severity = Severity::critical;
  std::string check;
  std::uint64_t shards;
  std::uint64_t of;  ///< shards alive

  void visit(FieldVisitor& v) const { v("check", check), v("shards", shards), v("of", of); }
};

struct SharedFaultEnded {
  static constexpr std::string_view name = "shared_fault_ended";
  static constexpr Severity severity = Severity::info;
  std::string check;
  Duration lasted;

  void visit(FieldVisitor& v) const { v("check", check), v("lasted", lasted); }
};

}  // namespace arbees
