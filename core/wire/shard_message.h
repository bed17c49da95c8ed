#pragma once

#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <variant>

#include "core/base/ids.h"
#include "core/base/live_game.h"
#include "core/base/time.h"

namespace arbees::wire {

/// Who speaks: the term and the process of the orchestrator. Both none on old wire.
struct Office {
  Term term;
  InstanceId instance;
};

/// Which process of the shard is spoken to. None on old wire.
struct Addressee {
  Boot boot;
  Generation generation;
};

/// Numbers a command within a term. `floor` is the lowest number still wanted: everything below was
/// settled or given up, so a gap there will never be filled.
struct CommandNumber {
  CommandSeq seq;
  CommandSeq floor;
};

struct AddGame {
  LiveGame game;
  Epoch epoch;
};

struct RemoveGame {
  GameId game;
  Epoch epoch;
};

/// add_game or remove_game on `shard:{id}:command` (contract.md 1.2, ownership.md 2).
struct Command {
  std::variant<AddGame, RemoveGame> order;
  Office office;
  Addressee to;
  CommandNumber number;
  EventId cause;

  [[nodiscard]] std::string_view type() const;
  [[nodiscard]] const GameId& game() const;
  [[nodiscard]] Epoch epoch() const;
};

/// The right to emit, for the games named and no others, and at the same time the desired state.
struct Grant {
  Office office;
  Addressee to;
  HeartbeatSeq hb_seq;  ///< of the beat it answers; the lease counts from when that was sent
  Duration lease{};
  std::map<GameId, Epoch> games;
  EventId cause;
};

/// Asks the shard to send a heartbeat at once.
struct RollCall {
  Office office;
  EventId cause;
};

using ShardMessage = std::variant<Command, Grant, RollCall>;

[[nodiscard]] std::expected<ShardMessage, std::string> decode_shard_message(
    std::string_view message);
[[nodiscard]] std::string encode(const Command& command);
[[nodiscard]] std::string encode(const Grant& grant);
[[nodiscard]] std::string encode(const RollCall& roll_call);

}  // namespace arbees::wire
