#pragma once

#include <string>
#include <vector>

#include "core/events/event.h"
#include "core/wire/service_heartbeat.h"

namespace arbees {

struct OrchestratorStarted {
  static constexpr std::string_view name = "orchestrator_started";
  static constexpr Severity severity = Severity::info;
  InstanceId instance;
  bool durable;  ///< whether ownership survives the end of this process

  void visit(FieldVisitor& v) const { v("instance", instance), v("durable", durable); }
};

/// Said at the start where it is so: who owns what is forgotten when this process ends.
struct StateNotDurable {
  static constexpr std::string_view name = "state_not_durable";
  static constexpr Severity severity = Severity::warning;
  std::string why;

  void visit(FieldVisitor& v) const { v("why", why); }
};

struct TermTaken {
  static constexpr std::string_view name = "term_taken";
  static constexpr Severity severity = Severity::info;
  InstanceId instance;
  Term term;
  std::uint64_t known_shards;
  std::uint64_t known_games;

  void visit(FieldVisitor& v) const {
    v("instance", instance), v("term", term), v("known_shards", known_shards),
        v("known_games", known_games);
  }
};

struct StoreFailed {
  static constexpr std::string_view name = "store_failed";
  static constexpr Severity severity = Severity::critical;
  std::string doing;
  std::string detail;

  void visit(FieldVisitor& v) const { v("doing", doing), v("detail", detail); }
};

/// A shard has seen a term or an epoch above everything the store knows: it lost its newest commits.
struct StoreRolledBack {
  static constexpr std::string_view name = "store_rolled_back";
  static constexpr Severity severity = Severity::critical;
  ShardId shard;
  Term heard_term;
  Epoch heard_epoch;
  Term new_term;

  void visit(FieldVisitor& v) const {
    v("shard", shard), v("heard_term", heard_term), v("heard_epoch", heard_epoch),
        v("new_term", new_term);
  }
};

/// Another orchestrator took office; this one stops acting.
struct SteppedDown {
  static constexpr std::string_view name = "stepped_down";
  static constexpr Severity severity = Severity::critical;
  Term term;
  Term other_term;
  std::string why;

  void visit(FieldVisitor& v) const { v("term", term), v("other_term", other_term), v("why", why); }
};

struct ModeEntered {
  static constexpr std::string_view name = "mode_entered";
  static constexpr Severity severity = Severity::warning;
  std::string mode;
  std::string why;

  void visit(FieldVisitor& v) const { v("mode", mode), v("why", why); }
};

struct ModeLeft {
  static constexpr std::string_view name = "mode_left";
  static constexpr Severity severity = Severity::info;
  std::string mode;
  Duration lasted;

  void visit(FieldVisitor& v) const { v("mode", mode), v("lasted", lasted); }
};

struct CanarySent {
  static constexpr std::string_view name = "canary_sent";
  static constexpr Severity severity = Severity::debug;
  std::uint64_t nonce;

  void visit(FieldVisitor& v) const { v("nonce", nonce); }
};

struct CanaryHeard {
  static constexpr std::string_view name = "canary_heard";
  static constexpr Severity severity = Severity::debug;
  std::uint64_t nonce;
  Duration round_trip;

  void visit(FieldVisitor& v) const { v("nonce", nonce), v("round_trip", round_trip); }
};

/// The canary of another orchestrator came by: two are running on one Redis.
struct OtherOrchestratorHeard {
  static constexpr std::string_view name = "other_orchestrator_heard";
  static constexpr Severity severity = Severity::critical;
  InstanceId other;
  Term other_term;

  void visit(FieldVisitor& v) const { v("other", other), v("other_term", other_term); }
};

/// The own process stood still: what was not heard meanwhile proves nothing.
struct StallNoticed {
  static constexpr std::string_view name = "stall_noticed";
  static constexpr Severity severity = Severity::warning;
  Duration stalled;

  void visit(FieldVisitor& v) const { v("stalled", stalled); }
};

/// The wall clock of the orchestrator's host went another way than its monotonic clock. Nothing is decided
/// by it; times shown to people are off.
struct WallClockJumped {
  static constexpr std::string_view name = "wall_clock_jumped";
  static constexpr Severity severity = Severity::warning;
  Duration by;  ///< forward, or back if negative

  void visit(FieldVisitor& v) const { v("by", by); }
};

struct HeartbeatHeard {
  static constexpr std::string_view name = "heartbeat_heard";
  static constexpr Severity severity = Severity::debug;
  ShardId shard;
  Boot boot;
  HeartbeatSeq hb_seq;
  std::uint64_t games;

  void visit(FieldVisitor& v) const {
    v("shard", shard), v("boot", boot), v("hb_seq", hb_seq), v("games", games);
  }
};

struct HeartbeatIgnored {
  static constexpr std::string_view name = "heartbeat_ignored";
  static constexpr Severity severity = Severity::info;
  ShardId shard;
  Boot boot;
  HeartbeatSeq hb_seq;
  std::string why;

  void visit(FieldVisitor& v) const {
    v("shard", shard), v("boot", boot), v("hb_seq", hb_seq), v("why", why);
  }
};

/// An incarnation of a shard is heard for the first time.
struct ShardJoined {
  static constexpr std::string_view name = "shard_joined";
  static constexpr Severity severity = Severity::info;
  ShardId shard;
  Boot boot;
  Generation generation;
  std::uint64_t max_games;
  bool leased;  ///< false: old wire, which cannot be fenced

  void visit(FieldVisitor& v) const {
    v("shard", shard), v("boot", boot), v("generation", generation), v("max_games", max_games),
        v("leased", leased);
  }
};

struct ShardRestarted {
  static constexpr std::string_view name = "shard_restarted";
  static constexpr Severity severity = Severity::warning;
  ShardId shard;
  Generation generation;
  std::string old_process_id;
  std::string new_process_id;
  std::string old_started_at;
  std::string new_started_at;
  std::vector<GameId> games;  ///< what the previous incarnation owned
  bool overlap_possible;      ///< the old process may still hold an unexpired lease

  void visit(FieldVisitor& v) const {
    v("shard", shard), v("generation", generation), v("old_process_id", old_process_id),
        v("new_process_id", new_process_id), v("old_started_at", old_started_at),
        v("new_started_at", new_started_at), v("games", games),
        v("overlap_possible", overlap_possible);
  }
};

struct StatusChanged {
  static constexpr std::string_view name = "status_changed";
  static constexpr Severity severity = Severity::info;
  ShardId shard;
  std::string from;
  std::string to;
  std::string why;
  Duration lasted;  ///< how long the state that ends had lasted

  void visit(FieldVisitor& v) const {
    v("shard", shard), v("from", from), v("to", to), v("why", why), v("lasted", lasted);
  }
};

/// A shard was silent for longer than its timeout, and we could have heard it.
struct ShardDied {
  static constexpr std::string_view name = "shard_died";
  static constexpr Severity severity = Severity::critical;
  ShardId shard;
  Generation generation;
  MonoTime last_heard;
  Duration silent;
  std::vector<GameId> games;

  void visit(FieldVisitor& v) const {
    v("shard", shard), v("generation", generation), v("last_heard", last_heard),
        v("silent", silent), v("games", games);
  }
};

/// A shard that was dead is heard again.
struct ShardRecovered {
  static constexpr std::string_view name = "shard_recovered";
  static constexpr Severity severity = Severity::info;
  ShardId shard;
  Duration dead_for;

  void visit(FieldVisitor& v) const { v("shard", shard), v("dead_for", dead_for); }
};

/// A shard ended in order and gave everything back.
struct ShardLeft {
  static constexpr std::string_view name = "shard_left";
  static constexpr Severity severity = Severity::info;
  ShardId shard;
  Generation generation;
  std::vector<GameId> games;

  void visit(FieldVisitor& v) const {
    v("shard", shard), v("generation", generation), v("games", games);
  }
};

/// A shard without games that was dead for long is forgotten.
struct ShardRetired {
  static constexpr std::string_view name = "shard_retired";
  static constexpr Severity severity = Severity::info;
  ShardId shard;

  void visit(FieldVisitor& v) const { v("shard", shard); }
};

struct DuplicateShardHeard {
  static constexpr std::string_view name = "duplicate_shard_heard";
  static constexpr Severity severity = Severity::critical;
  ShardId shard;
  Boot current;
  Boot superseded;

  void visit(FieldVisitor& v) const {
    v("shard", shard), v("current", current), v("superseded", superseded);
  }
};

/// A heard shard does not get our grants: its channel towards it is broken (ownership.md 4.7).
struct ShardDeaf {
  static constexpr std::string_view name = "shard_deaf";
  static constexpr Severity severity = Severity::critical;
  ShardId shard;
  Duration unanswered;
  std::vector<GameId> games;

  void visit(FieldVisitor& v) const {
    v("shard", shard), v("unanswered", unanswered), v("games", games);
  }
};

/// An operator wants something done.
struct OperatorAsked {
  static constexpr std::string_view name = "operator_asked";
  static constexpr Severity severity = Severity::warning;
  std::string verb;
  std::string subject;  ///< a shard or a game; empty: the fleet
  std::string who;
  std::string why;

  void visit(FieldVisitor& v) const {
    v("verb", verb), v("subject", subject), v("who", who), v("why", why);
  }
};

/// What an operator wanted cannot be done.
struct OperatorRefused {
  static constexpr std::string_view name = "operator_refused";
  static constexpr Severity severity = Severity::warning;
  std::string verb;
  std::string subject;
  std::string why;

  void visit(FieldVisitor& v) const { v("verb", verb), v("subject", subject), v("why", why); }
};

/// What operators say of a shard changed.
struct ShardMarked {
  static constexpr std::string_view name = "shard_marked";
  static constexpr Severity severity = Severity::info;
  ShardId shard;
  std::string before;
  std::string after;
  Duration drain_left{};  ///< how long its drain may take from now on, before people are told

  void visit(FieldVisitor& v) const {
    v("shard", shard), v("before", before), v("after", after), v("drain_left", drain_left);
  }
};

/// A shard that was drained has no games any more.
struct ShardDrained {
  static constexpr std::string_view name = "shard_drained";
  static constexpr Severity severity = Severity::info;
  ShardId shard;

  void visit(FieldVisitor& v) const { v("shard", shard); }
};

struct CommandSent {
  static constexpr std::string_view name = "command_sent";
  static constexpr Severity severity = Severity::debug;
  ShardId shard;
  std::string type;
  CommandSeq seq;
  GameId game;
  Epoch epoch;
  std::uint64_t attempt;

  void visit(FieldVisitor& v) const {
    v("shard", shard), v("type", type), v("seq", seq), v("game", game), v("epoch", epoch),
        v("attempt", attempt);
  }
};

/// How a command ended. Every command ends in one of these ways (invariant I9).
struct CommandEnded {
  static constexpr std::string_view name = "command_ended";
  static constexpr Severity severity = Severity::debug;
  ShardId shard;
  std::string type;
  CommandSeq seq;
  GameId game;
  /// acknowledged, refused, superseded, unanswered, shard_dead, shard_restarted, shard_left
  std::string how;
  Duration took;

  void visit(FieldVisitor& v) const {
    v("shard", shard), v("type", type), v("seq", seq), v("game", game), v("how", how),
        v("took", took);
  }
};

struct GrantSent {
  static constexpr std::string_view name = "grant_sent";
  static constexpr Severity severity = Severity::debug;
  ShardId shard;
  Boot boot;
  HeartbeatSeq hb_seq;
  Duration lease;
  std::vector<GameId> games;

  void visit(FieldVisitor& v) const {
    v("shard", shard), v("boot", boot), v("hb_seq", hb_seq), v("lease", lease), v("games", games);
  }
};

struct RollCallSent {
  static constexpr std::string_view name = "roll_call_sent";
  static constexpr Severity severity = Severity::debug;
  std::uint64_t shards;

  void visit(FieldVisitor& v) const { v("shards", shards); }
};

/// A service that is no shard is heard for the first time.
struct ServiceJoined {
  static constexpr std::string_view name = "service_joined";
  static constexpr Severity severity = Severity::info;
  wire::ServiceName service;
  wire::ServiceInstance instance;

  void visit(FieldVisitor& v) const { v("service", service), v("instance", instance); }
};

struct ServiceRestarted {
  static constexpr std::string_view name = "service_restarted";
  static constexpr Severity severity = Severity::warning;
  wire::ServiceName service;
  wire::ServiceInstance instance;
  std::string old_started_at;
  std::string new_started_at;

  void visit(FieldVisitor& v) const {
    v("service", service), v("instance", instance), v("old_started_at", old_started_at),
        v("new_started_at", new_started_at);
  }
};

struct ServiceStatusChanged {
  static constexpr std::string_view name = "service_status_changed";
  static constexpr Severity severity = Severity::info;
  wire::ServiceName service;
  wire::ServiceInstance instance;
  std::string from;
  std::string to;
  std::string why;
  Duration lasted;

  void visit(FieldVisitor& v) const {
    v("service", service), v("instance", instance), v("from", from), v("to", to), v("why", why),
        v("lasted", lasted);
  }
};

}  // namespace arbees
