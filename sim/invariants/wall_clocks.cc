#include "sim/invariants/wall_clocks.h"

#include "sim/invariants/words.h"

namespace arbees::sim {
namespace {

/// A beat counts as heard when its bytes were read, a little before it is said; jumps below half a second
/// are none.
constexpr Duration heard_before_said = milliseconds{400};

std::string silence_of(const ShardId& shard) { return "the silence of " + shard.str(); }
std::string status_of(const ShardId& shard, const std::string& status) {
  return "the status " + status + " of " + shard.str();
}
std::string mode(const std::string& mode) { return "the mode " + mode; }

}  // namespace

WallClocks::WallClocks(const Limits& /*limits*/, const FleetState& /*fleet*/)
    : Invariant(name, says) {
  listen<&WallClocks::on_jumped>();
  listen_each<&WallClocks::on_telling>(Tellings{});
  listen_each<&WallClocks::on_decision>(Decisions{});
  listen<&WallClocks::on_heard>();
  listen<&WallClocks::on_died>();
  listen<&WallClocks::on_changed>();
  listen<&WallClocks::on_entered>();
  listen<&WallClocks::on_left>();
  listen<&WallClocks::on_started>();
}

void WallClocks::on_jumped(const WallClockJumped& /*event*/, const SimEnvelope& at) {
  checked();
  jumps_.insert(at.id);
  last_jump_.insert_or_assign(std::string(at.node), at.node_time);
}

void WallClocks::on_telling(const SimEnvelope& at) {
  if (jumps_.contains(at.cause)) {
    jumps_.insert(at.id);
  }
}

void WallClocks::on_decision(const SimEnvelope& at) {
  if (!jumps_.contains(at.cause)) {
    return;
  }
  jumps_.insert(at.id);
  violated(at.time, at.id,
           std::string(at.node) + " decided " + std::string(at.event.name()) + " at " +
               in_words(at.time) + " because a wall clock had jumped");
}

void WallClocks::on_heard(const HeartbeatHeard& event, const SimEnvelope& at) {
  begin(silence_of(event.shard), at);
}

void WallClocks::on_died(const ShardDied& event, const SimEnvelope& at) {
  judge(silence_of(event.shard), event.silent, at);
}

void WallClocks::on_changed(const StatusChanged& event, const SimEnvelope& at) {
  judge(status_of(event.shard, event.from), event.lasted, at);
  begin(status_of(event.shard, event.to), at);
}

void WallClocks::on_entered(const ModeEntered& event, const SimEnvelope& at) {
  begin(mode(event.mode), at);
}

void WallClocks::on_left(const ModeLeft& event, const SimEnvelope& at) {
  judge(mode(event.mode), event.lasted, at);
}

/// A new process knows nothing of what was measured before.
void WallClocks::on_started(const NodeStarted& event, const SimEnvelope& /*at*/) {
  std::erase_if(began_, [&](const auto& entry) { return entry.first.first == event.node.str(); });
  last_jump_.erase(event.node.str());
}

void WallClocks::begin(std::string what, const SimEnvelope& at) {
  began_.insert_or_assign({std::string(at.node), std::move(what)}, at.node_time);
}

void WallClocks::judge(const std::string& what, Duration said, const SimEnvelope& at) {
  const auto jump = last_jump_.find(at.node);
  const auto began = began_.find({std::string(at.node), what});
  if (jump == last_jump_.end() || began == began_.end() || jump->second < began->second) {
    return;
  }
  checked();
  const Duration lasted = at.node_time - began->second;
  const Duration error = said - lasted;
  if (error > heard_before_said || error < -heard_before_said) {
    violated(at.time, at.id,
             std::string(at.node) + " says at " + in_words(at.time) + " that " + what + " lasted " +
                 in_words(said) + ", but it did for " + in_words(lasted) +
                 ", during which the wall clock jumped");
  }
}

}  // namespace arbees::sim
