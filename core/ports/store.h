#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/ids.h"
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
enum class GamePhase : std::uint8_t {
  active,   ///< the owner may be granted it
  removing  ///< nobody may: the previous owner's lease must end first
};

[[nodiscard]] std::string_view to_string(GamePhase phase);

/// One game's ownership, as committed.
struct GameRow {
  GameId game;
  std::string sport;
  ShardId owner;
  Boot owner_boot;  ///< none until the owner's incarnation is known to be meant, and for old wire
  Epoch epoch;
  ShardId previous_owner;
  GamePhase phase = GamePhase::active;
};

/// What is known of a shard across restarts of the orchestrator.
struct ShardRow {
  ShardId shard;
  Incarnation incarnation;
  Generation generation;
};

/// Everything the orchestrator remembers.
struct StoreImage {
  Term term;
  Epoch epochs_reserved;  ///< epochs up to here were promised to some term and are never used again
  std::map<GameId, GameRow> games;
  std::map<ShardId, ShardRow> shards;
};

/// Changes that become durable together or not at all.
struct StoreBatch {
  Term expected_term;            ///< the commit fails with `superseded` if the stored term differs
  std::optional<Term> new_term;  ///< taking office: must be higher than the stored one
  std::optional<Epoch> reserve_epochs_to;
  std::vector<GameRow> put_games;
  std::vector<GameId> drop_games;
  std::vector<ShardRow> put_shards;
  std::vector<ShardId> drop_shards;
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
