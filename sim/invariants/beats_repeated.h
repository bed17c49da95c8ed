#pragma once

#include <map>
#include <string>

#include "core/redis/events.h"
#include "core/shard/events.h"
#include "sim/invariants/fleet_state.h"
#include "sim/invariants/invariant.h"

namespace arbees::sim {

/// I19. A shard that is bound by a lease beats again while no grant answers its newest beat: the next one
/// leaves within UNANSWERED_REPEAT_SECS (ownership.md 2). That is what an outage of 30 s costs nothing by.
///
/// Judged from one beat to the next, where nothing happens to the fleet and the link to publish by stays.
/// A process is bound once it has taken a grant.
///
/// Counter-example: a grant is lost, and the shard waits for its next regular beat.
///
/// Exercised by: each beat that no grant answered in time.
class BeatsRepeated final : public Invariant {
 public:
  static constexpr std::string_view name = "I19";
  static constexpr std::string_view says =
      "a shard beats again within UNANSWERED_REPEAT_SECS while no grant answers its newest beat";

  BeatsRepeated(const Limits& limits, const FleetState& fleet);

 private:
  struct Beat {
    ShardId shard;
    HeartbeatSeq hb_seq;
    SimTime due{};
    EventId event;
  };

  void on_sent(const HeartbeatSent& event, const SimEnvelope& at);
  void on_granted(const GrantReceived& event, const SimEnvelope& at);
  void on_stopping(const ShardStopping& event, const SimEnvelope& at);
  void on_superseded(const ShardSuperseded& event, const SimEnvelope& at);
  void on_link_lost(const arbees::redis::LinkLost& event, const SimEnvelope& at);
  void on_fleet_event(const SimEnvelope& at);
  void expired(SimTime moment) override;

  const Limits& limits_;
  const FleetState& fleet_;
  std::map<std::string, bool, std::less<>> bound_;  ///< by node
  std::map<std::string, Beat, std::less<>> unanswered_;
};

}  // namespace arbees::sim
