#pragma once

#include <string>

#include "core/events/event.h"

namespace arbees {

struct ResyncScheduled {
  static constexpr std::string_view name = "resync_scheduled";
  static constexpr Severity severity = Severity::info;
  ShardId shard;
  Generation generation;
  Duration debounce;

  void visit(FieldVisitor& v) const {
    v("shard", shard), v("generation", generation), v("debounce", debounce);
  }
};

struct ResyncCompleted {
  static constexpr std::string_view name = "resync_completed";
  static constexpr Severity severity = Severity::info;
  ShardId shard;
  Generation generation;
  std::uint64_t games_resent;
  Duration took;

  void visit(FieldVisitor& v) const {
    v("shard", shard), v("generation", generation), v("games_resent", games_resent),
        v("took", took);
  }
};

struct GameDiscovered {
  static constexpr std::string_view name = "game_discovered";
  static constexpr Severity severity = Severity::info;
  GameId game;
  std::string sport;

  void visit(FieldVisitor& v) const { v("game", game), v("sport", sport); }
};

struct GameEnded {
  static constexpr std::string_view name = "game_ended";
  static constexpr Severity severity = Severity::info;
  GameId game;

  void visit(FieldVisitor& v) const { v("game", game); }
};

/// The committed decision that a shard owns a game from this epoch on.
struct GameAssigned {
  static constexpr std::string_view name = "game_assigned";
  static constexpr Severity severity = Severity::info;
  GameId game;
  ShardId shard;
  Boot boot;
  Epoch epoch;
  ShardId previous;    ///< empty: never owned
  std::string reason;  ///< first, dead, deaf, restarted, left, refused, adopted
  Duration took;       ///< since it was decided: how long the store needed to make it durable

  void visit(FieldVisitor& v) const {
    v("game", game), v("shard", shard), v("boot", boot), v("epoch", epoch), v("previous", previous),
        v("reason", reason), v("took", took);
  }
};

/// A planned move began: the successor is told to watch the game, its owner goes on.
struct HandoffPrepared {
  static constexpr std::string_view name = "handoff_prepared";
  static constexpr Severity severity = Severity::info;
  GameId game;
  ShardId from;
  ShardId to;
  Epoch epoch;
  std::string reason;  ///< degraded, excess, drain, order, rebalance
  Duration took;       ///< since it was decided: how long the store needed to make it durable

  void visit(FieldVisitor& v) const {
    v("game", game), v("from", from), v("to", to), v("epoch", epoch), v("reason", reason),
        v("took", took);
  }
};

/// The successor watches the game: its owner can give it up.
struct HandoffReady {
  static constexpr std::string_view name = "handoff_ready";
  static constexpr Severity severity = Severity::info;
  GameId game;
  ShardId from;
  ShardId to;
  Epoch epoch;
  Duration took;  ///< since it was prepared

  void visit(FieldVisitor& v) const {
    v("game", game), v("from", from), v("to", to), v("epoch", epoch), v("took", took);
  }
};

/// A planned move is given up; the owner keeps the game.
struct HandoffAbandoned {
  static constexpr std::string_view name = "handoff_abandoned";
  static constexpr Severity severity = Severity::warning;
  GameId game;
  ShardId from;
  ShardId to;
  Epoch epoch;
  std::string why;  ///< refused, late, lost, owner_replaced, closed (by an operator), store_out

  void visit(FieldVisitor& v) const {
    v("game", game), v("from", from), v("to", to), v("epoch", epoch), v("why", why);
  }
};

/// The owner reported that it runs the game with this epoch.
struct GameAcknowledged {
  static constexpr std::string_view name = "game_acknowledged";
  static constexpr Severity severity = Severity::info;
  GameId game;
  ShardId shard;
  Boot boot;
  Epoch epoch;
  Duration took;  ///< since it was assigned

  void visit(FieldVisitor& v) const {
    v("game", game), v("shard", shard), v("boot", boot), v("epoch", epoch), v("took", took);
  }
};

/// The previous owner can no longer emit for the game.
struct GameReleased {
  static constexpr std::string_view name = "game_released";
  static constexpr Severity severity = Severity::info;
  GameId game;
  ShardId shard;
  std::string proof;  ///< lease_over, removed, fenced, new_term

  void visit(FieldVisitor& v) const { v("game", game), v("shard", shard), v("proof", proof); }
};

/// Consumers were told who may emit for a game from now on.
struct OwnershipTold {
  static constexpr std::string_view name = "ownership_told";
  static constexpr Severity severity = Severity::debug;
  GameId game;
  ShardId shard;  ///< empty: nobody, it has ended
  Epoch epoch;

  void visit(FieldVisitor& v) const { v("game", game), v("shard", shard), v("epoch", epoch); }
};

/// Consumers were told of everything again.
struct OwnershipRepeated {
  static constexpr std::string_view name = "ownership_repeated";
  static constexpr Severity severity = Severity::debug;
  std::uint64_t games;

  void visit(FieldVisitor& v) const { v("games", games); }
};

/// A live game that nobody can take now.
struct GameUnplaced {
  static constexpr std::string_view name = "game_unplaced";
  static constexpr Severity severity = Severity::warning;
  GameId game;
  std::string reason;

  void visit(FieldVisitor& v) const { v("game", game), v("reason", reason); }
};

/// A shard runs a game that is not its own (any more).
struct ZombieFound {
  static constexpr std::string_view name = "zombie_found";
  static constexpr Severity severity = Severity::warning;
  ShardId shard;
  GameId game;
  Epoch epoch;

  void visit(FieldVisitor& v) const { v("shard", shard), v("game", game), v("epoch", epoch); }
};

}  // namespace arbees
