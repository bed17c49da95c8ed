#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>

#include "core/orchestrator/events.h"
#include "core/shard/events.h"
#include "sim/invariants/fleet_state.h"
#include "sim/invariants/invariant.h"
#include "sim/world/events.h"

namespace arbees::sim {

/// I32. A question silences nobody (ownership.md 4.4): what a term granted a shard lasts until its lease is over, unless a
/// later term has given that shard an order. A roll call is none. So nobody is without any grant, in the first half of the
/// lease of the last one it took, before an orchestrator of a higher term has sent it a grant or a command.
///
/// Orders are known by what orchestrators say that they sent. Not judged from when somebody spoke on the bus who should not: he
/// may have given orders.
///
/// Counter-example: the store is a copy from before the first games; the new term asks who runs what, all shards follow it at
/// once and fall silent, and are then found to emit nothing.
///
/// Exercised by: each grant of a higher term than the last one that a process took.
class AskedNotSilenced final : public Invariant {
 public:
  static constexpr std::string_view name = "I32";
  static constexpr std::string_view says =
      "a shard that holds a lease is silenced by an order of a later term, never by its question";

  AskedNotSilenced(const Limits& limits, const FleetState& fleet);

 private:
  struct Beat {
    HeartbeatSeq hb_seq;
    SimTime sent{};
  };
  struct Process {
    std::deque<Beat> beats;
    Term term;             ///< of the last grant that it took
    SimTime kept_until{};  ///< half of that grant's lease is over
  };

  void on_term(const TermTaken& event, const SimEnvelope& at);
  void on_rolled_back(const StoreRolledBack& event, const SimEnvelope& at);
  void on_granted(const GrantSent& event, const SimEnvelope& at);
  void on_sent(const CommandSent& event, const SimEnvelope& at);
  void on_beat(const HeartbeatSent& event, const SimEnvelope& at);
  void on_received(const GrantReceived& event, const SimEnvelope& at);
  void on_fenced(const GameFenced& event, const SimEnvelope& at);
  void on_started(const NodeStarted& event, const SimEnvelope& at);
  void on_fault(const FaultStarted& event, const SimEnvelope& at);

  void ordered(const ShardId& shard, std::string_view orchestrator);

  const Limits& limits_;
  bool strangers_ = false;                          ///< ever
  std::map<std::string, Term, std::less<>> terms_;  ///< by the orchestrator's node
  std::map<ShardId, Term> ordered_;                 ///< the highest that has sent it an order
  std::map<std::string, Process, std::less<>> processes_;  ///< by node
};

}  // namespace arbees::sim
