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
  friend bool operator==(const Office&, const Office&) = default;
};

/// Which process of the shard is spoken to. None on old wire.
struct Addressee {
  Boot boot;
  Generation generation;
  friend bool operator==(const Addressee&, const Addressee&) = default;
};

/// Numbers a command within a term. `floor` is the lowest number still wanted: everything below was
/// settled or given up, so a gap there will never be filled.
struct CommandNumber {
  CommandSeq seq;
  CommandSeq floor;
  friend bool operator==(const CommandNumber&, const CommandNumber&) = default;
};

struct AddGame {
  LiveGame game;
  Epoch epoch;
  friend bool operator==(const AddGame&, const AddGame&) = default;
};

struct RemoveGame {
  GameId game;
  Epoch epoch;
  friend bool operator==(const RemoveGame&, const RemoveGame&) = default;
};

/// add_game or remove_game on `shard:{id}:command` (docs/wire.md, "Commands"; ownership.md 2).
struct Command {
  std::variant<AddGame, RemoveGame> order;
  Office office;
  Addressee to;
  CommandNumber number;
  EventId cause;

  [[nodiscard]] std::string_view type() const;
  [[nodiscard]] const GameId& game() const;
  [[nodiscard]] Epoch epoch() const;
  friend bool operator==(const Command&, const Command&) = default;
};

/// The right to emit, for the games named and no others, and at the same time the desired state.
struct Grant {
  Office office;
  Addressee to;
  HeartbeatSeq hb_seq;  ///< of the beat it answers; the lease counts from when that was sent
  Duration lease{};
  std::map<GameId, Epoch> games;
  EventId cause;
  GrantSeq seq;  ///< of two that answer the same beat, the higher one counts; none: not said
  Epoch
      newest_epoch;  ///< the highest that was decided anywhere: each shard is a witness of it; none: not said
  friend bool operator==(const Grant&, const Grant&) = default;
};

/// Asks the shard to send a heartbeat at once.
struct RollCall {
  Office office;
  EventId cause;
  friend bool operator==(const RollCall&, const RollCall&) = default;
};

using ShardMessage = std::variant<Command, Grant, RollCall>;

[[nodiscard]] std::expected<ShardMessage, std::string> decode_shard_message(
    std::string_view message);
[[nodiscard]] std::string encode(const Command& command);
[[nodiscard]] std::string encode(const Grant& grant);
[[nodiscard]] std::string encode(const RollCall& roll_call);

}  // namespace arbees::wire
