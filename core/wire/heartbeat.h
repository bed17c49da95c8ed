#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/ids.h"
#include "core/base/time.h"
#include "core/ports/store.h"

namespace arbees::wire {

/// Which commands of a term were applied: all up to the watermark, and those above it that arrived
/// before a gap was filled. Counted per (term, boot): numbers of another term say nothing (C2).
struct Applied {
  Term term;
  CommandSeq watermark;
  std::vector<CommandSeq> above;  ///< ascending

  [[nodiscard]] bool covers(CommandSeq seq) const;
  friend bool operator==(const Applied&, const Applied&) = default;
};

/// What a shard says of itself on `shard:{id}:heartbeat` (docs/wire.md, "Heartbeat";
/// ownership.md 2). Everything but the id may be missing; our own fields are missing on old wire.
struct Heartbeat {
  ShardId shard;
  std::string shard_type;
  std::optional<std::uint64_t> max_games;
  std::vector<GameId> games;
  bool lists_games = true;                         ///< false: says nothing of games
  std::optional<std::vector<std::string>> events;  ///< what a shard of events lists instead
  std::string started_at;
  std::string process_id;
  std::string version;
  std::string status;  ///< healthy, degraded, unhealthy, stopping, or empty
  std::map<std::string, bool> checks;
  std::string timestamp;

  Boot boot;
  Generation generation;  ///< the highest it was told for this process
  HeartbeatSeq hb_seq;
  std::optional<Duration> interval;
  Term seen_term;
  InstanceId seen_instance;
  InstanceId
      asked_by;  ///< whose roll call it has heard last: what it says was true after that one began
  Epoch
      seen_epoch;  ///< the highest that an order had, or a grant called decided: a witness of it, should the store lose it
  std::optional<Applied> applied;
  std::map<GameId, Epoch> epochs;   ///< of the games run
  std::vector<GameId> fenced;       ///< games kept warm without the right to emit
  std::map<GameId, Epoch> refused;  ///< games it could not take, with the epoch it refused
  HeartbeatSeq last_grant;          ///< hb_seq of the newest grant it got
  HeartbeatSeq void_upto;           ///< grants that answer this or an earlier beat will not be used
  bool leased = false;              ///< it fences itself when its lease runs out
  EventId cause;

  [[nodiscard]] Incarnation incarnation() const { return {process_id, started_at, boot}; }
  /// The highest that it tells of in any way.
  [[nodiscard]] Epoch newest_epoch() const;
  friend bool operator==(const Heartbeat&, const Heartbeat&) = default;
};

/// The error names what is wrong with the message. Only the shard's id is required, as `shard_id` or, where
/// that is missing, as `instance_id`.
[[nodiscard]] std::expected<Heartbeat, std::string> decode_heartbeat(std::string_view message);

/// Our fields after those of the existing wire. `boot` is written as 16 hex digits.
[[nodiscard]] std::string encode(const Heartbeat& heartbeat);

/// Boots cross the wire as 16 hex digits: JSON readers would round the number.
[[nodiscard]] std::string boot_text(Boot boot);
[[nodiscard]] std::optional<Boot> parse_boot(std::string_view text);

}  // namespace arbees::wire
