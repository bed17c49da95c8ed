#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "core/alerts/events.h"
#include "core/assignment/events.h"
#include "core/health/events.h"
#include "core/orchestrator/events.h"
#include "core/shard/events.h"
#include "sim/invariants/fleet_state.h"
#include "sim/invariants/invariant.h"

namespace arbees::sim {

/// I12. Wall clocks are for people and for the wire; they change no assignment:
///
/// - no decision has a jump of a wall clock (WallClockJumped) among its causes; alerts may;
/// - the spans that decisions go by are those of the node's monotonic clock, also when its wall clock jumped
///   meanwhile: how long a shard was silent when it is declared dead, how long a status or a mode lasted.
///
/// That a run is the same under other wall clocks, tests/sim/wall_clocks_test.cc shows with two worlds. What
/// wall clocks do change is text: times in messages and notifications, and the alerts CLOCK_JUMP and
/// CLOCK_SKEW. Signals carry no time of day: what is left of the lease is a span.
///
/// Counter-example: the host's clock is set an hour ahead, each shard was last heard an hour ago, and all games
/// of the evening move.
///
/// Exercised by: each jump, and each such span within which one was noticed.
class WallClocks final : public Invariant {
 public:
  static constexpr std::string_view name = "I12";
  static constexpr std::string_view says =
      "wall clocks change no assignment: no decision follows from a jump, and no span is measured "
      "by one";

  WallClocks(const Limits& limits, const FleetState& fleet);

 private:
  using Tellings = EventList<AlertPending, AlertPassed, AlertRaised, AlertUpdated, AlertResolved,
                             AlertInhibited, AlertNotified, AlertHeldBack, AlertingAlive>;
  using Decisions =
      EventList<SteppedDown, ModeEntered, ModeLeft, StatusChanged, ShardDied, ShardRecovered,
                ShardLeft, ShardDeaf, ShardRestarted, ResyncScheduled, ResyncCompleted,
                GameAssigned, GameReleased, GameUnplaced, HandoffPrepared, HandoffReady,
                HandoffAbandoned, CommandSent, CommandEnded, GrantSent, RollCallSent, BreakerOpened,
                BreakerHalfOpened, BreakerClosed, GameAdded, GameRemoved, GameFenced, GameUnfenced,
                ShardSuperseded>;
  /// What a span began with, by the node that measures it and what it is of.
  using Key = std::pair<std::string, std::string>;

  void on_jumped(const WallClockJumped& event, const SimEnvelope& at);
  void on_telling(const SimEnvelope& at);
  void on_decision(const SimEnvelope& at);
  void on_heard(const HeartbeatHeard& event, const SimEnvelope& at);
  void on_died(const ShardDied& event, const SimEnvelope& at);
  void on_changed(const StatusChanged& event, const SimEnvelope& at);
  void on_entered(const ModeEntered& event, const SimEnvelope& at);
  void on_left(const ModeLeft& event, const SimEnvelope& at);
  void on_started(const NodeStarted& event, const SimEnvelope& at);

  void begin(std::string what, const SimEnvelope& at);
  void judge(const std::string& what, Duration said, const SimEnvelope& at);

  std::set<EventId> jumps_;                                 ///< and everything that came of them
  std::map<std::string, MonoTime, std::less<>> last_jump_;  ///< by node, on its own clock
  std::map<Key, MonoTime> began_;
};

}  // namespace arbees::sim
