#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "core/health/events.h"
#include "core/orchestrator/events.h"
#include "sim/invariants/fleet_state.h"
#include "sim/invariants/invariant.h"

namespace arbees::sim {

/// I6, per orchestrator and shard:
///
///   closed -> open -> half-open -> closed;  half-open -> open;  open, half-open -> closed with a restart.
///
///   1. Each event of a breaker begins where the one before ended. It opens by a heartbeat, becomes
///      half-open by time, when the time it announced is over, and closes by an answer; or because the
///      shard is another process, or forgotten.
///   2. Once nothing that could make commands fail has happened for the longest time it may stay open,
///      and the time that its trial takes, it is closed: the fleet is healed, the way to the shard is
///      clear, and neither the shard nor an orchestrator was started or thawed meanwhile.
///
/// Counter-example: half-open is entered when somebody asks for the shard, and nobody asks for one whose
/// breaker is open: it stays open until the end of the process (M2).
///
/// Exercised by: each event of a breaker, and each breaker whose time was up.
class BreakerEdges final : public Invariant {
 public:
  static constexpr std::string_view name = "I6";
  static constexpr std::string_view says =
      "breakers move only along their edges, and close again within cap + probe after healing";

  BreakerEdges(const Limits& limits, const FleetState& fleet);

 private:
  using Key = std::pair<std::string, ShardId>;  ///< with the orchestrator's node
  struct Breaker {
    std::string_view state = "closed";
    SimTime since{};
    Duration opens_for{};
    SimTime not_closed_since{};
    EventId opened;  ///< the last time; none once it was judged
  };

  void on_opened(const BreakerOpened& event, const SimEnvelope& at);
  void on_half_opened(const BreakerHalfOpened& event, const SimEnvelope& at);
  void on_closed(const BreakerClosed& event, const SimEnvelope& at);
  void on_fleet_event(const SimEnvelope& at);
  void expired(SimTime moment) override;

  Breaker& moved(const ShardId& shard, std::string_view to, const SimEnvelope& at);
  void wrong_edge(const ShardId& shard, const Breaker& breaker, std::string_view to,
                  const SimEnvelope& at);
  /// When it must be closed, if nothing else happens.
  [[nodiscard]] SimTime due_of(const Breaker& breaker) const;
  [[nodiscard]] bool is_judged(const Key& key) const;

  const Limits& limits_;
  const FleetState& fleet_;
  std::map<Key, Breaker> breakers_;  ///< those that are not closed
  SimTime disturbed_{};
};

}  // namespace arbees::sim
