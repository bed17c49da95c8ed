#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/live_game.h"
#include "core/orchestrator/holders.h"
#include "core/ports/store.h"

namespace arbees {

/// One game as the orchestrator holds it.
struct GameState {
  LiveGame live;
  bool wanted = false;         ///< live now
  std::optional<GameRow> row;  ///< committed ownership
  std::optional<ShardId>
      committing;  ///< a change is on its way to the store: the owner-to-be, or empty
  Holders holders;
  EventId assigned_event;
  MonoTime assigned_at{};
  bool acknowledged = false;                  ///< the owner reported it with the row's epoch
  bool answered = false;                      ///< the newest add_game was acknowledged
  std::uint64_t missing_beats = 0;            ///< consecutive beats of the owner without it
  std::map<ShardId, MonoTime> refused_until;  ///< who could not take it lately
};

/// What a new list of live games changed.
struct LiveChange {
  std::vector<GameId> discovered;
  std::vector<GameId> ended;
};

/// Who owns which game, as committed, and the epochs that make it certain.
///
/// Pure bookkeeping: says what must be committed and takes in what was; the orchestrator does the
/// talking. A row changes only after its commit (nothing is said before it is durable).
class Ledger {
 public:
  /// Epochs are reserved so many at a time, so that a move costs one commit and none while the store
  /// is out (ownership.md 1).
  static constexpr std::uint64_t epoch_block = 1'000;

  /// Takes over what a store remembers. Every lease it knows of counts as granted at `now`.
  void load(const StoreImage& image, MonoTime leases_over);

  LiveChange set_live(std::vector<LiveGame> games);
  /// One game is live.
  void want(const LiveGame& game);

  /// A fresh epoch; none if the block is used up and its successor not committed yet.
  std::optional<Epoch> take_epoch();
  /// The end of the next block, when it is time to reserve it; at most one reservation is open.
  std::optional<Epoch> epochs_to_reserve();
  void epochs_reserved(Epoch up_to);
  void reservation_failed() { reserving_ = false; }
  /// Never hand out this epoch or a lower one: somebody has seen it.
  void skip_epochs_to(Epoch seen);
  [[nodiscard]] Epoch newest_epoch() const { return last_epoch_; }

  void put(const GameRow& row, MonoTime now, EventId assigned_event);
  void drop(const GameId& game);

  [[nodiscard]] const std::map<GameId, GameState>& games() const { return games_; }
  [[nodiscard]] GameState* find(const GameId& game);
  /// The games whose committed owner is this shard.
  [[nodiscard]] const std::set<GameId>& owned_by(const ShardId& shard) const;

 private:
  void index(const GameRow& row);
  void unindex(const GameRow& row);

  std::map<GameId, GameState> games_;
  std::map<ShardId, std::set<GameId>> owned_;
  Epoch last_epoch_;
  Epoch reserved_;
  bool reserving_ = false;
};

}  // namespace arbees
