#include "sim/coverage/state_coverage.h"

#include "core/assignment/events.h"
#include "core/orchestrator/events.h"
#include "sim/scenario/scenario.h"
#include "sim/world/events.h"

namespace arbees::sim {
namespace {

/// A fault and whom it strikes, without the numbers that name one of many: "crash shard".
std::string kind_and_role(const FaultStarted& fault) {
  std::string role;
  for (const char c : fault.target) {
    const bool number = (c >= '0' && c <= '9') || c == '-';
    role += number ? "" : std::string(1, c);
  }
  const std::size_t comma = role.find(',');
  return fault.fault + " " + (comma == std::string::npos ? role : role.substr(0, comma) + "s");
}

}  // namespace

void StateCoverage::observe(const SimEnvelope& event) {
  if (const auto* started = event.event.get_if<FaultStarted>()) {
    const auto [fault, added] = faults_.emplace(event.id, kind_and_role(*started));
    pairs_.insert(state_ + " × " + fault->second);
  } else if (event.event.get_if<FaultHealed>() != nullptr) {
    faults_.erase(event.cause);
  } else if (follow(event)) {
    update();
  }
}

/// Takes over what an event says about the state; false: nothing.
bool StateCoverage::follow(const SimEnvelope& event) {
  if (const auto* mode = event.event.get_if<ModeEntered>()) {
    return modes_.insert(mode->mode).second;
  }
  if (const auto* left = event.event.get_if<ModeLeft>()) {
    return modes_.erase(left->mode) > 0;
  }
  if (const auto* joined = event.event.get_if<ShardJoined>()) {
    known_.insert(joined->shard);
    return dead_.erase(joined->shard) > 0;
  }
  if (const auto* died = event.event.get_if<ShardDied>()) {
    return dead_.insert(died->shard).second;
  }
  if (const auto* recovered = event.event.get_if<ShardRecovered>()) {
    return dead_.erase(recovered->shard) > 0;
  }
  if (const auto* assigned = event.event.get_if<GameAssigned>()) {
    const bool moves = !assigned->previous.empty() && assigned->previous != assigned->shard;
    return moves && moving_.insert(assigned->game).second;
  }
  if (const auto* acknowledged = event.event.get_if<GameAcknowledged>()) {
    return moving_.erase(acknowledged->game) > 0;
  }
  if (const auto* started = event.event.get_if<NodeStarted>()) {
    if (started->node.str() != orchestrator_node) {
      return false;
    }
    modes_.clear(), known_.clear(), dead_.clear(), moving_.clear();
    orchestrator_runs_ = true;
    return true;
  }
  const auto* crashed = event.event.get_if<NodeCrashed>();
  const auto* exited = event.event.get_if<NodeExited>();
  if ((crashed != nullptr && crashed->node.str() == orchestrator_node) ||
      (exited != nullptr && exited->node.str() == orchestrator_node)) {
    orchestrator_runs_ = false;
    return true;
  }
  return false;
}

void StateCoverage::update() {
  std::string state;
  if (!orchestrator_runs_) {
    state = "no orchestrator";
  } else {
    for (const std::string& mode : modes_) {
      state.append(state.empty() ? "" : "+").append(mode);
    }
    state = state.empty() ? "free" : state;
    if (!dead_.empty()) {
      state += dead_.size() >= known_.size() ? " dead=all"
               : dead_.size() == 1           ? " dead=1"
                                             : " dead=some";
    }
    state += moving_.empty() ? "" : " moving";
  }
  if (state == state_) {
    return;
  }
  state_ = std::move(state);
  for (const auto& [id, kind] : faults_) {
    pairs_.insert(state_ + " × " + kind);
  }
}

}  // namespace arbees::sim
