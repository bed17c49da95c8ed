#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "core/assignment/events.h"
#include "core/orchestrator/events.h"
#include "sim/disk/events.h"
#include "sim/invariants/fleet_state.h"
#include "sim/invariants/invariant.h"

namespace arbees::sim {

/// I14, by what stores say of themselves and orchestrators of their offices:
///
///   1. What a store gives a program that starts is what it acknowledged last. Batches it began after that
///      and never acknowledged (the program ended, or it reported a failure) may be in it or not, each as a
///      whole: the image is the one before or the one after such a batch, and no other.
///   2. No term is taken twice.
///   3. No epoch is given out twice: not to two games, nor to two owners.
///
/// Where a file was replaced by an older copy (`store_restored`), the store may give any image it ever
/// acknowledged or began, and terms and epochs may come again until the orchestrator has heard what the
/// shards know (ownership.md 4.5): what was given out before is no longer held against it.
/// The same where another orchestrator has a copy of the store (`second_process`) that was made during a
/// commit, or the first starts anew on its own, until the other is gone: there are two stores then, and each counts on.
///
/// Counter-example: a commit is acknowledged before its sync has ended, power fails, and the next
/// orchestrator loads the image before it: it gives the epochs of that batch to other games.
///
/// Exercised by: each load after a store had acknowledged something, each term but the first, each new
/// epoch.
class Durable final : public Invariant {
 public:
  static constexpr std::string_view name = "I14";
  static constexpr std::string_view says =
      "what the store acknowledged survives crash and power loss; no torn state is loaded; epochs "
      "and terms never repeat";

  Durable(const Limits& limits, const FleetState& fleet);

 private:
  struct Prints {
    std::uint64_t acknowledged = 0;    ///< 0: nothing yet
    std::set<std::uint64_t> possible;  ///< begun since then
    std::set<std::uint64_t> ever;
    bool restored = false;  ///< an older copy lies there
  };
  struct Owner {
    GameId game;
    ShardId shard;
    Boot boot;

    friend bool operator==(const Owner&, const Owner&) = default;
  };

  [[nodiscard]] bool copies_a_store(std::string_view fault, std::string_view target) const;
  void on_begun(const StoreWriteBegun& event, const SimEnvelope& at);
  void on_acknowledged(const StoreWriteAcknowledged& event, const SimEnvelope& at);
  void on_loaded(const StoreLoaded& event, const SimEnvelope& at);
  void on_fault(const FaultStarted& event, const SimEnvelope& at);
  void on_healed(const FaultHealed& event, const SimEnvelope& at);
  void on_started(const NodeStarted& event, const SimEnvelope& at);
  void on_term(const TermTaken& event, const SimEnvelope& at);
  void on_assigned(const GameAssigned& event, const SimEnvelope& at);

  const FleetState& fleet_;
  std::map<std::string, Prints, std::less<>> stores_;  ///< by node
  std::map<Term, InstanceId> terms_;
  std::map<Epoch, Owner> epochs_;
  std::set<std::string> copied_;  ///< nodes whose store somebody else has a copy of
  bool two_count_on_ = false;
  std::set<std::string> in_office_;  ///< nodes whose program has taken a term
};

}  // namespace arbees::sim
