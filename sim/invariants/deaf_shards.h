#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "core/assignment/events.h"
#include "core/orchestrator/events.h"
#include "core/shard/events.h"
#include "sim/invariants/fleet_state.h"
#include "sim/invariants/invariant.h"
#include "sim/invariants/processes.h"

namespace arbees::sim {

/// I25. Who beats and gets no grants does not keep its games (ownership.md 4.7, C4). A shard that is heard, and
/// whose beats have confirmed no grant for as long as a lease may last (L_out), is called deaf with that beat;
/// and from an interval after its games were given to others, the first beat of it that is heard frees them: it
/// says that it has given up every grant that may still be on its way.
///
/// What was granted is counted anew when the orchestrator was blind, stood still, or lost a link: until then it
/// could not have heard a confirmation. Other modes keep nobody from hearing.
///
/// Counter-example: a shard reads so little that no grant arrives, and keeps its games for ever, fenced.
///
/// Exercised by: each shard that became deaf, each game that one gave up or did not.
class DeafShards final : public Invariant {
 public:
  static constexpr std::string_view name = "I25";
  static constexpr std::string_view says =
      "a shard that is heard and confirms no grant for the time of a lease is called deaf, and "
      "frees "
      "its games when it gives up what was granted";

  DeafShards(const Limits& limits, const FleetState& fleet);

 private:
  struct Grant {
    HeartbeatSeq hb_seq;
    SimTime sent{};
  };
  struct Beat {
    HeartbeatSeq hb_seq;
    SimTime sent{};
    HeartbeatSeq last_grant;
  };
  /// What a shard's process has said.
  struct Process {
    ShardId shard;
    HeartbeatSeq last_grant;
    SimTime granted{};
    std::deque<Beat> beats;
    std::set<GameId> fenced;
  };
  /// A shard, as an orchestrator has to judge it.
  struct Judged {
    Boot boot;
    std::deque<Grant> unconfirmed;
    bool deaf = false;
    std::optional<SimTime> must_be_deaf;  ///< at the end of this instant
    EventId beat;
    std::map<GameId, SimTime> taken;  ///< given to others because it is deaf, and not free yet
    std::set<GameId> must_be_free;    ///< at the end of the instant
    SimTime free_at{};
  };

  void on_shard_started(const ShardStarted& event, const SimEnvelope& at);
  void on_beat(const HeartbeatSent& event, const SimEnvelope& at);
  void on_received(const GrantReceived& event, const SimEnvelope& at);
  void on_fenced(const GameFenced& event, const SimEnvelope& at);
  void on_unfenced(const GameUnfenced& event, const SimEnvelope& at);
  void on_removed(const GameRemoved& event, const SimEnvelope& at);
  void on_granted(const GrantSent& event, const SimEnvelope& at);
  void on_heard(const HeartbeatHeard& event, const SimEnvelope& at);
  void on_deaf(const ShardDeaf& event, const SimEnvelope& at);
  void on_assigned(const GameAssigned& event, const SimEnvelope& at);
  void on_released(const GameReleased& event, const SimEnvelope& at);
  void on_game_ended(const GameEnded& event, const SimEnvelope& at);
  void on_joined(const ShardJoined& event, const SimEnvelope& at);
  void on_died(const ShardDied& event, const SimEnvelope& at);
  void on_left(const ShardLeft& event, const SimEnvelope& at);
  void on_mode_entered(const ModeEntered& event, const SimEnvelope& at);
  void on_mode_left(const ModeLeft& event, const SimEnvelope& at);
  void on_unseeing(const SimEnvelope& at);
  void on_fleet_event(const SimEnvelope& at);
  void expired(SimTime moment) override;

  [[nodiscard]] Process* process_of(const ShardId& shard);
  void judge_deafness(Judged& judged, const Beat& beat, const SimEnvelope& at);
  void judge_taken(Judged& judged, const Process& process, const Beat& beat, const SimEnvelope& at);

  const Limits& limits_;
  const FleetState& fleet_;
  Processes<Process> processes_;
  std::map<ShardId, Judged> shards_;
  std::set<std::string, std::less<>> blind_;  ///< orchestrators
};

}  // namespace arbees::sim
