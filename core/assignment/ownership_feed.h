#pragma once

#include <optional>
#include <set>
#include <span>
#include <vector>

#include "core/assignment/context.h"
#include "core/wire/ownership_news.h"

namespace arbees {

/// Tells consumers of signals who may emit for each game, so that they can refuse anybody else (ownership.md 2).
///
/// An owner is named in the step in which it may be granted the game, not when it is decided: until then the one
/// before still emits by right, and would be refused. Publishing forgets what nobody heard, so everything is
/// said again from time to time, and by each new term at once.
class OwnershipFeed {
 public:
  /// How long a consumer that missed something stays without it.
  static constexpr Duration repeated_after = seconds{30};

  explicit OwnershipFeed(const AssignmentContext& context) : context_(context) {}

  /// The game has another owner, or its owner another epoch.
  void look_at(const GameId& game) { changed_.insert(game); }
  /// It has ended, and was last owned under this epoch.
  void ended(const GameId& game, Epoch epoch) { ended_.push_back({game, ShardId{}, epoch}); }
  /// A new term says all it knows.
  void begin_term(MonoTime now) { repeat_at_ = now; }

  /// Says what is new, and everything when it is time.
  void advance(MonoTime now);
  [[nodiscard]] std::optional<MonoTime> deadline() const { return repeat_at_; }

 private:
  [[nodiscard]] std::vector<wire::Ownership> take_news(MonoTime now);
  void say_news(MonoTime now);
  void say_everything(MonoTime now);
  void publish(std::span<const wire::Ownership> games, EventId cause);

  AssignmentContext context_;
  std::set<GameId> changed_;            ///< since they were last said
  std::vector<wire::Ownership> ended_;  ///< not said yet
  std::optional<MonoTime> repeat_at_;
};

}  // namespace arbees
