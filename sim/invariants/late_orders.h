#pragma once

#include <map>
#include <string>
#include <utility>

#include "core/shard/events.h"
#include "sim/invariants/fleet_state.h"
#include "sim/invariants/invariant.h"

namespace arbees::sim {

/// I23. What comes late changes nothing at a shard. A grant that answers an older beat does not follow one
/// that answers a newer beat (H2); a game that was removed by order is not taken again under the epoch of
/// that removal or a lower one, for as long as a shard remembers what it removed (H8).
///
/// Counter-example: add_game of epoch 7 is held up on the way and arrives after remove_game of epoch 8.
///
/// Exercised by: each grant after the first, each game that is taken again.
class LateOrders final : public Invariant {
 public:
  static constexpr std::string_view name = "I23";
  static constexpr std::string_view says =
      "a shard takes no grant for an older beat after one for a newer beat, and no game under an "
      "epoch that it was told to give up";

  LateOrders(const Limits& limits, const FleetState& fleet);

 private:
  struct Removal {
    Epoch epoch;
    SimTime remembered_until{};
  };

  void on_granted(const GrantReceived& event, const SimEnvelope& at);
  void on_removed(const GameRemoved& event, const SimEnvelope& at);
  void on_added(const GameAdded& event, const SimEnvelope& at);
  void on_started(const NodeStarted& event, const SimEnvelope& at);

  const Limits& limits_;
  std::map<std::string, HeartbeatSeq, std::less<>> newest_;    ///< by node
  std::map<std::pair<std::string, GameId>, Removal> removed_;  ///< by node and game
};

}  // namespace arbees::sim
