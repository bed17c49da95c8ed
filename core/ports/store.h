#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/ids.h"
#include "core/base/live_game.h"
#include "core/base/time.h"

namespace arbees {

/// Which process of a shard is meant. Compared as text, never ordered (ownership.md 1).
struct Incarnation {
  std::string process_id;
  std::string started_at;
  Boot boot;  ///< none for old wire

  friend bool operator==(const Incarnation&, const Incarnation&) = default;
};

/// Where a game stands (ownership.md 4.3).
///
///   active ──planned move──> prepare ──the successor reports it──> removing ──the old lease is over──> active
///                               └────────────── given up ──────────────────────────────────────────> active
///
/// An owner that is dead or deaf is replaced without preparation: active ──> removing.
enum class GamePhase : std::uint8_t {
  active,  ///< the owner may be granted it
  prepare,  ///< the owner may be granted it; its successor is told to watch it, and is granted nothing
  removing,  ///< nobody may: the previous owner's lease must end first
};

[[nodiscard]] std::string_view to_string(GamePhase phase);

/// Who takes a game over, while its owner still has it. The epoch is the handoff's: add and removal
/// carry it, and it becomes the game's when the owner changes.
struct Successor {
  ShardId shard;
  Boot boot;
  Epoch epoch;

  friend bool operator==(const Successor&, const Successor&) = default;
};

/// One game's ownership, as committed.
struct GameRow {
  GameId game;
  std::string sport;
  ShardId owner;
  Boot owner_boot;  ///< none until the owner's incarnation is known to be meant, and for old wire
  Epoch epoch;
  ShardId previous_owner;
  GamePhase phase = GamePhase::active;
  std::optional<Successor> next = {};  ///< in phase prepare, and only there

  friend bool operator==(const GameRow&, const GameRow&) = default;
};

/// What an operator said of a shard.
struct ShardMarks {
  bool cordoned = false;     ///< gets no games it does not have
  bool draining = false;     ///< its games move away
  bool maintenance = false;  ///< it is about to be restarted or moved: its silence alarms nobody
  Duration
      drain_left{};  ///< until an unfinished drain alerts; what remains, not a moment (ownership.md 4.14)

  [[nodiscard]] bool closed() const { return cordoned || draining; }  ///< to games it does not have

  friend bool operator==(const ShardMarks&, const ShardMarks&) = default;
};

/// What is known of a shard across restarts of the orchestrator.
struct ShardRow {
  ShardId shard;
  Incarnation incarnation;
  Generation generation;
  ShardMarks marks = {};

  friend bool operator==(const ShardRow&, const ShardRow&) = default;
};

/// An alert that is open. Ages are durations: the time this process was down does not count.
struct AlertRow {
  std::string type;
  std::string subject;
  std::string text;
  std::string state;            ///< pending, firing, acknowledged
  std::string acknowledged_by;  ///< empty: nobody
  Duration age{};               ///< since its condition holds

  friend bool operator==(const AlertRow&, const AlertRow&) = default;
};

/// One thing that was done, by an operator or by a decision. Only ever added to.
struct AuditRow {
  WallTime at;
  std::string who;      ///< an operator's name, or "orchestrator"
  std::string what;     ///< a verb: move, cordon, pause, ...
  std::string subject;  ///< a game or a shard
  std::string why;
  std::string before;
  std::string after;
  EventId cause;

  friend bool operator==(const AuditRow&, const AuditRow&) = default;
};

/// An operator stopped all moves.
struct Pause {
  std::string who;
  std::string why;

  friend bool operator==(const Pause&, const Pause&) = default;
};

/// Epochs above one and up to another.
struct EpochSpan {
  Epoch above;
  Epoch upto;

  friend bool operator==(const EpochSpan&, const EpochSpan&) = default;
};

/// What is known of decisions that the store has lost: it is a copy from before, or their term ended before they were written.
struct LostDecisions {
  Duration leases_left{};         ///< how long what was granted by them may still last
  std::vector<EpochSpan> epochs;  ///< that they may have taken

  friend bool operator==(const LostDecisions&, const LostDecisions&) = default;
};

/// Everything the orchestrator remembers.
struct StoreImage {
  Term term;
  Epoch epochs_reserved;  ///< epochs up to here were promised to some term and are never used again
  Epoch epochs_written;   ///< the highest epoch that was ever in a row; kept by the store itself
  std::map<GameId, GameRow> games;
  std::map<ShardId, ShardRow> shards;
  std::map<GameId, LiveGame>
      live;  ///< as last heard: enough to send it again before it is heard anew
  std::map<std::pair<std::string, std::string>, AlertRow> alerts;  ///< by type and subject
  std::optional<Pause> paused;
  Duration farewell_left{};  ///< how long the last grants of the term before may still last
  std::optional<LostDecisions> lost;  ///< none: every row is what was decided last

  friend bool operator==(const StoreImage&, const StoreImage&) = default;
};

/// Changes that become durable together or not at all.
struct StoreBatch {
  Term expected_term;            ///< the commit fails with `superseded` if the stored term differs
  std::optional<Term> new_term;  ///< taking office: must be higher than the stored one
  InstanceId new_instance = {};  ///< who takes it
  std::optional<Epoch> reserve_epochs_to;
  Epoch written_to =
      {};  ///< epochs up to here count as written: their decisions are lost, and settled
  std::vector<GameRow> put_games;
  std::vector<GameId> drop_games;
  std::vector<ShardRow> put_shards;
  std::vector<ShardId> drop_shards;
  std::vector<LiveGame> put_live = {};
  std::vector<GameId> drop_live = {};
  std::vector<AlertRow> put_alerts = {};
  std::vector<std::pair<std::string, std::string>> drop_alerts = {};  ///< by type and subject
  std::vector<AuditRow> audit = {};
  std::optional<std::optional<Pause>> set_pause = {};         ///< none: as it is
  std::optional<Duration> set_farewell = {};                  ///< none: as it is
  std::optional<std::optional<LostDecisions>> set_lost = {};  ///< none: as it is
};

enum class StoreFailure : std::uint8_t {
  superseded,   ///< another term took office
  unavailable,  ///< no answer or an I/O error; nothing is known to have been written
};

struct StoreError {
  StoreFailure failure;
  std::string detail;
};

/// The compare of every commit's compare-and-set: whether the batch's term is the stored one.
[[nodiscard]] std::expected<void, StoreError> check_term(const StoreBatch& batch, Term stored);

/// Durable state. Completions come as steps of their own, in the order of the calls, never from inside
/// a call; none comes after the caller was destroyed.
class Store {
 public:
  virtual ~Store() = default;
  using Loaded = std::function<void(std::expected<StoreImage, StoreError>)>;
  using Committed = std::function<void(std::expected<void, StoreError>)>;

  virtual void load(Loaded done) = 0;
  virtual void commit(StoreBatch batch, Committed done) = 0;
  /// Whether what was committed survives the end of this process.
  [[nodiscard]] virtual bool durable() const = 0;
  /// Whether every shard that was ever granted anything is in it: durable, and not begun anew under a
  /// fleet that may be running. Otherwise a shard nobody has heard of may hold a lease.
  [[nodiscard]] virtual bool remembers_all() const = 0;
};

}  // namespace arbees
