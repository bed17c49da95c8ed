#pragma once

#include <string>
#include <vector>

#include "core/events/event.h"

namespace arbees {

struct ShardStarted {
  static constexpr std::string_view name = "shard_started";
  static constexpr Severity severity = Severity::info;
  ShardId shard;
  Boot boot;
  std::uint64_t max_games;
  std::string lease_mode;

  void visit(FieldVisitor& v) const {
    v("shard", shard), v("boot", boot), v("max_games", max_games), v("lease_mode", lease_mode);
  }
};

struct HeartbeatSent {
  static constexpr std::string_view name = "heartbeat_sent";
  static constexpr Severity severity = Severity::debug;
  ShardId shard;
  HeartbeatSeq hb_seq;
  std::string why;  ///< interval, applied, unanswered, reconnected, roll_call, stopping
  std::uint64_t games;

  void visit(FieldVisitor& v) const {
    v("shard", shard), v("hb_seq", hb_seq), v("why", why), v("games", games);
  }
};

/// Something a shard works with does not work any more: `check` fails.
struct DependencyFailed {
  static constexpr std::string_view name = "dependency_failed";
  static constexpr Severity severity = Severity::warning;
  ShardId shard;
  std::string check;

  void visit(FieldVisitor& v) const { v("shard", shard), v("check", check); }
};

struct DependencyRecovered {
  static constexpr std::string_view name = "dependency_recovered";
  static constexpr Severity severity = Severity::info;
  ShardId shard;
  std::string check;

  void visit(FieldVisitor& v) const { v("shard", shard), v("check", check); }
};

struct GrantReceived {
  static constexpr std::string_view name = "grant_received";
  static constexpr Severity severity = Severity::debug;
  ShardId shard;
  Term term;
  HeartbeatSeq hb_seq;
  std::uint64_t games;

  void visit(FieldVisitor& v) const {
    v("shard", shard), v("term", term), v("hb_seq", hb_seq), v("games", games);
  }
};

/// A message on the shard's own command channel that it does not follow.
struct CommandIgnored {
  static constexpr std::string_view name = "command_ignored";
  static constexpr Severity severity = Severity::info;
  ShardId shard;
  std::string type;
  CommandSeq seq;
  std::string why;

  void visit(FieldVisitor& v) const {
    v("shard", shard), v("type", type), v("seq", seq), v("why", why);
  }
};

struct GameAdded {
  static constexpr std::string_view name = "game_added";
  static constexpr Severity severity = Severity::info;
  ShardId shard;
  GameId game;
  Epoch epoch;

  void visit(FieldVisitor& v) const { v("shard", shard), v("game", game), v("epoch", epoch); }
};

struct GameRemoved {
  static constexpr std::string_view name = "game_removed";
  static constexpr Severity severity = Severity::info;
  ShardId shard;
  GameId game;
  Epoch epoch;
  std::string why;

  void visit(FieldVisitor& v) const {
    v("shard", shard), v("game", game), v("epoch", epoch), v("why", why);
  }
};

/// The shard cannot take a game: a refusal is an answer, not a failure.
struct GameRefused {
  static constexpr std::string_view name = "game_refused";
  static constexpr Severity severity = Severity::warning;
  ShardId shard;
  GameId game;
  Epoch epoch;
  std::string why;

  void visit(FieldVisitor& v) const {
    v("shard", shard), v("game", game), v("epoch", epoch), v("why", why);
  }
};

/// The shard keeps the game warm but may not emit for it.
struct GameFenced {
  static constexpr std::string_view name = "game_fenced";
  static constexpr Severity severity = Severity::warning;
  ShardId shard;
  GameId game;
  Epoch epoch;
  std::string why;  ///< no_grant_yet, not_named, lease_over

  void visit(FieldVisitor& v) const {
    v("shard", shard), v("game", game), v("epoch", epoch), v("why", why);
  }
};

struct GameUnfenced {
  static constexpr std::string_view name = "game_unfenced";
  static constexpr Severity severity = Severity::info;
  ShardId shard;
  GameId game;
  Epoch epoch;

  void visit(FieldVisitor& v) const { v("shard", shard), v("game", game), v("epoch", epoch); }
};

struct SignalEmitted {
  static constexpr std::string_view name = "signal_emitted";
  static constexpr Severity severity = Severity::debug;
  ShardId shard;
  Boot boot;
  GameId game;
  Epoch epoch;
  SignalSeq seq;
  Duration lease_left;

  void visit(FieldVisitor& v) const {
    v("shard", shard), v("boot", boot), v("game", game), v("epoch", epoch), v("seq", seq),
        v("lease_left", lease_left);
  }
};

/// Another process took this shard id over; this one ends.
struct ShardSuperseded {
  static constexpr std::string_view name = "shard_superseded";
  static constexpr Severity severity = Severity::critical;
  ShardId shard;
  Boot boot;
  Boot by;
  Generation generation;

  void visit(FieldVisitor& v) const {
    v("shard", shard), v("boot", boot), v("by", by), v("generation", generation);
  }
};

struct ShardStopping {
  static constexpr std::string_view name = "shard_stopping";
  static constexpr Severity severity = Severity::info;
  ShardId shard;
  std::uint64_t games;

  void visit(FieldVisitor& v) const { v("shard", shard), v("games", games); }
};

}  // namespace arbees
