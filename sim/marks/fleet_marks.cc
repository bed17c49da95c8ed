#include "sim/marks/fleet_marks.h"

#include "core/assignment/events.h"
#include "core/orchestrator/events.h"
#include "core/redis/events.h"
#include "core/shard/events.h"
#include "sim/world/events.h"

namespace arbees::sim {

void FleetMarks::observe(const SimEnvelope& event) {
  if (event.event.get_if<FaultStarted>() != nullptr) {
    sometimes<"a fault began while another was going on">(board_, !faults_.empty());
    sometimes<"a fault began while a game was moving">(board_, !moving_.empty());
    sometimes<"a fault began while a restarted shard was being served again">(board_,
                                                                              !resyncing_.empty());
    sometimes<"a fault began while the orchestrator was blind">(board_, modes_.contains("BLIND"));
    faults_.insert(event.id);
  } else if (event.event.get_if<FaultHealed>() != nullptr) {
    faults_.erase(event.cause);
  } else {
    observe_fleet(event);
    observe_games(event);
    observe_messages(event);
  }
}

void FleetMarks::observe_fleet(const SimEnvelope& event) {
  if (event.event.get_if<OrchestratorStarted>() != nullptr) {
    modes_.clear();
    dead_.clear();
    resyncing_.clear();
    moving_.clear();
  } else if (const auto* entered = event.event.get_if<ModeEntered>()) {
    sometimes<"the orchestrator was blind">(board_, entered->mode == "BLIND");
    sometimes<"most of the fleet fell silent at once">(board_, entered->mode == "HOLD");
    sometimes<"two modes held at once", Rarity::rare>(board_, !modes_.empty());
    modes_.insert(entered->mode);
  } else if (const auto* left = event.event.get_if<ModeLeft>()) {
    modes_.erase(left->mode);
  } else if (const auto* died = event.event.get_if<ShardDied>()) {
    sometimes<"a shard died while a game was moving">(board_, !moving_.empty());
    sometimes<"a shard died while another one was dead">(board_, !dead_.empty());
    dead_.insert(died->shard);
  } else if (const auto* recovered = event.event.get_if<ShardRecovered>()) {
    sometimes<"a dead shard came back">(board_, true);
    dead_.erase(recovered->shard);
  } else if (const auto* restarted = event.event.get_if<ShardRestarted>()) {
    sometimes<"a shard was restarted before anybody called it dead">(
        board_, !dead_.contains(restarted->shard));
    sometimes<"a shard was restarted while the old process might still emit">(
        board_, restarted->overlap_possible);
    sometimes<"a shard was restarted while it was being served again", Rarity::rare>(
        board_, resyncing_.contains(restarted->shard));
  } else if (const auto* scheduled = event.event.get_if<ResyncScheduled>()) {
    resyncing_.insert(scheduled->shard);
  } else if (const auto* completed = event.event.get_if<ResyncCompleted>()) {
    resyncing_.erase(completed->shard);
  }
  sometimes<"a shard was heard that did not hear">(board_,
                                                   event.event.get_if<ShardDeaf>() != nullptr);
  sometimes<"two processes were heard under one name", Rarity::rare>(
      board_, event.event.get_if<DuplicateShardHeard>() != nullptr);
  sometimes<"a process that was replaced ended itself", Rarity::rare>(
      board_, event.event.get_if<ShardSuperseded>() != nullptr);
  sometimes<"the orchestrator noticed its own standstill">(
      board_, event.event.get_if<StallNoticed>() != nullptr);
  sometimes<"the orchestrator gave up its office", Rarity::rare>(
      board_, event.event.get_if<SteppedDown>() != nullptr);
  sometimes<"the store had lost its newest commits", Rarity::rare>(
      board_, event.event.get_if<StoreRolledBack>() != nullptr);
}

void FleetMarks::observe_games(const SimEnvelope& event) {
  if (const auto* assigned = event.event.get_if<GameAssigned>()) {
    const bool moves = !assigned->previous.empty() && assigned->previous != assigned->shard;
    sometimes<"a game was moved from a dead shard">(board_, assigned->reason == "dead");
    sometimes<"a game was moved from a shard that did not hear">(board_,
                                                                 assigned->reason == "deaf");
    sometimes<"a game was moved again before its new owner had it", Rarity::rare>(
        board_, moves && moving_.contains(assigned->game));
    if (moves) {
      moving_.insert(assigned->game);
    }
  } else if (const auto* acknowledged = event.event.get_if<GameAcknowledged>()) {
    moving_.erase(acknowledged->game);
  } else if (const auto* ended = event.event.get_if<GameEnded>()) {
    sometimes<"a game ended while it was moving", Rarity::rare>(board_,
                                                                moving_.contains(ended->game));
    moving_.erase(ended->game);
  } else if (const auto* released = event.event.get_if<GameReleased>()) {
    sometimes<"a game was released because its lease had run out">(board_,
                                                                   released->proof == "lease_over");
  }
  sometimes<"nobody could take a game">(board_, event.event.get_if<GameUnplaced>() != nullptr);
  sometimes<"a shard ran a game that was not its own">(
      board_, event.event.get_if<ZombieFound>() != nullptr);
  sometimes<"a shard fenced itself for a game">(board_,
                                                event.event.get_if<GameFenced>() != nullptr);
  sometimes<"a consumer refused a signal of an old epoch", Rarity::rare>(
      board_, event.event.get_if<SignalRefused>() != nullptr);
}

void FleetMarks::observe_messages(const SimEnvelope& event) {
  if (const auto* sent = event.event.get_if<CommandSent>()) {
    sometimes<"a command was sent again">(board_, sent->attempt > 1);
  }
  sometimes<"a heartbeat came too late to count">(
      board_, event.event.get_if<HeartbeatIgnored>() != nullptr);
  sometimes<"a command was ignored">(board_, event.event.get_if<CommandIgnored>() != nullptr);
  sometimes<"a program dropped what it could not send">(
      board_, event.event.get_if<arbees::redis::PublicationsDropped>() != nullptr);
  sometimes<"Redis refused a program for a reason only a person can remove", Rarity::rare>(
      board_, event.event.get_if<arbees::redis::LinkMisconfigured>() != nullptr);
}

}  // namespace arbees::sim
