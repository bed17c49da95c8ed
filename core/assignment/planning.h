#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/assignment/balance.h"
#include "core/assignment/handoffs.h"
#include "core/assignment/planner.h"
#include "core/assignment/rate_limit.h"

namespace arbees {

/// Decides which games need another owner, and which one: plan = f(desired, observed, in flight, now).
///
/// Level-triggered: it looks at what is, not at what happened, so that a moment that was missed is caught
/// at the next look (M5). Incremental: only games that are not settled are looked at. A game is settled
/// while it is live, committed, and nothing is wrong with its owner; what is wrong with owners is compared
/// shard by shard at each look.
class Planning {
 public:
  Planning(const AssignmentContext& context, Bookkeeper& books, Decisions& decisions,
           Handoffs& handoffs);

  /// Which shards may hold leases nobody knows of, and until when (a new term).
  void distrust_until(MonoTime leases_over, bool all_holders_known);
  /// A game that never had an owner here may have one that is not heard: it waits for those leases.
  void doubt_holders();
  /// When those leases are over at the latest.
  [[nodiscard]] MonoTime leases_of_others_over() const { return leases_of_others_over_; }
  void live_games_known() { live_known_ = true; }
  [[nodiscard]] bool knows_live_games() const { return live_known_; }

  /// Something that a plan depends on changed, because of `cause`.
  void want(EventId cause);
  void want_at(MonoTime moment);
  /// This game is to be looked at again.
  void look_at(const GameId& game) { unsettled_.insert(game); }
  /// Makes the plan if one is wanted, and commits what it says.
  void plan_if_wanted(MonoTime now);
  /// What would be done now, without doing it: what a dry run and the dashboard show.
  [[nodiscard]] Plan preview(MonoTime now) const;
  [[nodiscard]] std::optional<MonoTime> deadline() const;

 private:
  /// What is wrong with a shard as an owner.
  struct Standing {
    bool dead = false;
    bool left = false;
    bool deaf = false;
    bool draining = false;
    std::uint64_t excess = 0;
    std::optional<LeaveReason> leave = {};

    /// Nobody serves its games.
    [[nodiscard]] bool lost() const {
      return dead || left || deaf || leave == LeaveReason::unstable;
    }
    friend bool operator==(const Standing&, const Standing&) = default;
  };
  /// A game that is to get another owner.
  struct Waiting {
    const GameState* state;
    MoveReason reason;
  };
  /// A plan, and what its budgets left for later.
  struct Outlook {
    Plan plan;
    std::uint64_t failovers = 0;         ///< in the plan
    std::optional<MonoTime> again = {};  ///< some were left out until then

    void look_again(MonoTime moment) { again = std::min(again.value_or(moment), moment); }
  };

  [[nodiscard]] Standing standing_of(const ShardId& id) const;
  void compare_standings();
  [[nodiscard]] std::optional<MoveReason> reason_for(const GameState& state) const;
  [[nodiscard]] std::optional<MoveReason> reason_of_owner(const GameState& state) const;
  [[nodiscard]] static bool being_handed_over(const GameState& state, MonoTime now);
  [[nodiscard]] bool allowed_now(const GameState& state, MoveReason reason, MonoTime now) const;
  /// In the order in which they are served.
  [[nodiscard]] std::vector<Waiting> waiting(MonoTime now) const;
  [[nodiscard]] Outlook make_plan(MonoTime now) const;
  /// How many planned moves may be under way beside those that are.
  [[nodiscard]] std::uint64_t places_for_handoffs() const;
  /// Made once for each owner and reason in a plan.
  using OfOwners = std::map<std::pair<ShardId, MoveReason>, std::size_t>;
  [[nodiscard]] Need need_of(const GameState& state, MoveReason reason, MonoTime now,
                             OfOwners& of_owners, Placer& placer) const;
  [[nodiscard]] Unsuitables unsuitable_for(const ShardId& owner, MoveReason reason,
                                           MonoTime now) const;
  using Counts = std::map<ShardId, std::uint64_t>;
  [[nodiscard]] static Counts refused_by_owner(const std::vector<Waiting>& games);
  /// `refused`: how many games each owns and could not take.
  [[nodiscard]] std::vector<Candidate> candidates(MonoTime now, const Counts& refused,
                                                  std::map<ShardId, std::string>& excluded) const;
  /// Games it was given and has not acknowledged.
  [[nodiscard]] std::uint64_t unproven_of(const Shard& shard) const;
  [[nodiscard]] std::uint64_t room_of(const Shard& shard, std::uint64_t not_run) const;
  void forget_settled();
  void drop_ended(EventId cause);
  void level(MonoTime now, EventId cause);
  [[nodiscard]] std::vector<Load> loads(MonoTime now) const;
  [[nodiscard]] bool goes_on(const Unplaced& unplaced) const;
  void report_unplaced(const std::vector<Unplaced>& unplaced, EventId cause);
  void commit_placements(const std::vector<Placement>& placements, MonoTime now, EventId cause);
  [[nodiscard]] std::optional<Change> change_for(const Placement& placement, MonoTime now,
                                                 EventId cause);

  AssignmentContext context_;
  Bookkeeper& books_;
  Decisions& decisions_;
  Handoffs& handoffs_;

  RateLimit failover_;
  RateLimit handoff_;
  bool live_known_ = false;
  MonoTime leases_of_others_over_{};  ///< of earlier terms, known or not
  bool all_holders_known_ = true;     ///< the store knows every shard that may hold a lease
  bool waiting_for_others_ = false;
  std::set<GameId> unsettled_;
  std::map<ShardId, Standing> standings_;
  std::optional<EventId> wanted_;
  std::optional<MonoTime> again_;
  std::set<GameId> unplaced_;
  bool leveling_ = false;                ///< a round of balancing found the fleet uneven
  std::optional<MonoTime> level_again_;  ///< when the next round may begin
  MonoTime level_look_{};                ///< not looked at before
};

}  // namespace arbees
