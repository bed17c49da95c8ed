#pragma once

#include <set>
#include <string>

#include "sim/engine/recorder.h"
#include "sim/marks/mark.h"

namespace arbees::sim {

/// The marks of a fleet's life, noticed in its events.
class FleetMarks final : public Observer {
 public:
  void observe(const SimEnvelope& event) override;
  [[nodiscard]] const MarkBoard& board() const { return board_; }

 private:
  void observe_fleet(const SimEnvelope& event);
  void observe_games(const SimEnvelope& event);
  void observe_messages(const SimEnvelope& event);

  MarkBoard board_;
  std::set<EventId> faults_;     ///< going on
  std::set<std::string> modes_;  ///< of the orchestrator
  std::set<ShardId> dead_;
  std::set<ShardId> resyncing_;
  std::set<GameId> moving_;  ///< assigned anew and not yet acknowledged
};

}  // namespace arbees::sim
