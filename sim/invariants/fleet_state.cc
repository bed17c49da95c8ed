#include "sim/invariants/fleet_state.h"

#include <algorithm>
#include <utility>

#include "core/orchestrator/operator_order.h"
#include "sim/disk/disk_trouble.h"
#include "sim/invariants/mode_names.h"

namespace arbees::sim {
namespace {

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

/// The node names of one side of a target, which commas and spaces separate.
std::vector<std::string> names_in(std::string_view side) {
  std::vector<std::string> names;
  while (!side.empty()) {
    const std::size_t end = std::min(side.find_first_of(", +"), side.size());
    if (end > 0) {
      names.emplace_back(side.substr(0, end));
    }
    side.remove_prefix(std::min(end + 1, side.size()));
  }
  return names;
}

}  // namespace

FleetState::FleetState(const Limits& limits) : limits_(limits) {
  listen<&FleetState::on_started>();
  listen<&FleetState::on_exited>();
  listen<&FleetState::on_crashed>();
  listen<&FleetState::on_frozen>();
  listen<&FleetState::on_thawed>();
  listen<&FleetState::on_fault>();
  listen<&FleetState::on_healed>();
  listen<&FleetState::on_asked>();
  listen<&FleetState::on_mode_entered>();
  listen<&FleetState::on_marked>();
  listen<&FleetState::on_shard_started>();
  listen<&FleetState::on_link_ready>();
  listen<&FleetState::on_link_lost>();
  listen<&FleetState::on_misconfigured>();
}

bool FleetState::answers(std::string_view node) const {
  const Node* found = find(node);
  return found != nullptr && found->running && !found->frozen;
}

bool FleetState::link_clear(std::string_view node) const {
  const Node* found = find(node);
  return found != nullptr && found->clear;
}

SimTime FleetState::link_clear_since(std::string_view node) const {
  const Node* found = find(node);
  return found == nullptr ? SimTime{} : found->clear_since;
}

bool FleetState::links_ready(std::string_view node) const {
  const Node* found = find(node);
  return found != nullptr && std::ranges::all_of(found->link_ready, std::identity{});
}

bool FleetState::links_whole(std::string_view node, SimTime now) const {
  const Node* found = find(node);
  return found != nullptr && found->clear && links_ready(node) &&
         (now - found->clear_since >= limits_.by_node_clock(limits_.heard_within) ||
          std::ranges::all_of(found->ready_since,
                              [&](SimTime since) { return since >= found->clear_since; }));
}

bool FleetState::refused_within(std::string_view node, Duration span, SimTime now) const {
  const Node* found = find(node);
  return found != nullptr && (std::ranges::any_of(found->refused, std::identity{}) ||
                              (found->refused_until && now - *found->refused_until <= span));
}

bool FleetState::slow(std::string_view node) const {
  return std::ranges::any_of(slow_,
                             [&](const auto& fault) { return contains(fault.second, node); });
}

bool FleetState::healed() const {
  const auto up = [this](const std::string& node) { return answers(node); };
  const bool survived =
      std::ranges::all_of(faults_, [this](const auto& entry) { return is_survived(entry.second); });
  return survived && stores_work() && !paused_ && redis_answers() &&
         std::ranges::any_of(limits_.orchestrators, up);
}

bool FleetState::cut_off(std::string_view node) const {
  return std::ranges::any_of(faults_, [&](const auto& entry) {
    return entry.second.cuts && obstructs(entry.second, node);
  });
}

bool FleetState::is_shard(std::string_view node) const {
  return std::ranges::find(limits_.shards, node, &FleetShard::node) != limits_.shards.end();
}

bool FleetState::is_orchestrator(std::string_view node) const {
  return contains(limits_.orchestrators, node);
}

bool FleetState::any_answers(const ShardId& shard) const {
  return std::ranges::any_of(limits_.shards, [&](const FleetShard& process) {
    return process.shard == shard && answers(process.node) && !cut_off(process.node);
  });
}

std::uint64_t FleetState::capacity() const {
  std::uint64_t games = 0;
  for (const FleetShard& shard : limits_.shards) {
    const bool counts = !shard.second && !marked_.contains(shard.shard);
    const auto room = rooms_.find(shard.shard);
    if (counts && any_answers(shard.shard)) {
      games += room == rooms_.end() ? shard.max_games : room->second;
    }
  }
  return games;
}

bool FleetState::gets_games(const ShardMarked& event) {
  return event.after.find("cordoned") == std::string::npos &&
         event.after.find("draining") == std::string::npos;
}

bool FleetState::is_of_process(std::string_view fault) {
  return fault == "crash" || fault == "freeze" || fault == "suspend" || fault == "power_loss" ||
         fault == "store_restored" || fault == "second_process";
}

bool FleetState::is_of_dependency(std::string_view fault) { return fault == "check_failing"; }

bool FleetState::is_of_clock(std::string_view fault) {
  return fault == "wall_jump" || fault == "clock_drift";
}

bool FleetState::is_of_disk(std::string_view fault) {
  using Kind = DiskTrouble::Kind;
  return std::ranges::any_of(
      std::array{Kind::slow, Kind::error, Kind::full, Kind::locked, Kind::out},
      [&](Kind kind) { return fault == sim::name(kind); });
}

void FleetState::on_started(const NodeStarted& event, const SimEnvelope& at) {
  set(event.node, true, false, at.time);
}

void FleetState::forget_unwritten(const NodeName& node) {
  if (is_orchestrator(node.str())) {
    marked_.merge(unwritten_);
    unwritten_.clear();
    maintenance_.merge(unwritten_maintenance_);
    unwritten_maintenance_.clear();
  }
}

void FleetState::on_exited(const NodeExited& event, const SimEnvelope& at) {
  forget_unwritten(event.node);
  set(event.node, false, false, at.time);
}

void FleetState::on_crashed(const NodeCrashed& event, const SimEnvelope& at) {
  forget_unwritten(event.node);
  set(event.node, false, false, at.time);
}

void FleetState::on_frozen(const NodeFrozen& event, const SimEnvelope& at) {
  nodes_[event.node.str()].frozen = true;
  update(at.time);
}

void FleetState::on_thawed(const NodeThawed& event, const SimEnvelope& at) {
  nodes_[event.node.str()].frozen = false;
  update(at.time);
}

void FleetState::on_fault(const FaultStarted& event, const SimEnvelope& at) {
  if (event.fault == "store_restored") {
    marked_.insert(ever_marked_.begin(), ever_marked_.end());
    maintenance_.insert(ever_maintenance_.begin(), ever_maintenance_.end());
  }
  if (is_of_process(event.fault) || is_of_clock(event.fault) || is_of_dependency(event.fault)) {
    return;
  }
  if (is_of_disk(event.fault)) {
    store_faults_.insert(at.id);
    return;
  }
  const std::string_view target = event.target;
  if (event.fault == "slow") {
    slow_.emplace(at.id, names_in(target));
  }
  const std::size_t arrow = target.find("->");
  Fault fault;
  fault.cuts = event.fault == "partition" || event.fault == "black_hole";
  fault.left = names_in(target.substr(0, arrow));
  if (arrow != std::string_view::npos) {
    if (!fault.left.empty() && fault.left.back().ends_with('<')) {
      fault.left.back().pop_back();  // "a<->b"
    }
    fault.right = names_in(target.substr(arrow + 2));
  }
  if (event.fault == "hostile_messages") {
    // Whoever listens to Redis may hear it. What was said before and comes again may fence a game until the next beat.
    fault.left = limits_.redis;
  }
  faults_.emplace(at.id, std::move(fault));
  update(at.time);
}

void FleetState::on_healed(const FaultHealed& /*event*/, const SimEnvelope& at) {
  store_faults_.erase(at.cause);
  slow_.erase(at.cause);
  if (faults_.erase(at.cause) > 0) {
    update(at.time);
  }
}

void FleetState::on_asked(const OperatorAsked& event, const SimEnvelope& /*at*/) {
  paused_ =
      event.verb == to_string(Verb::pause) || (paused_ && event.verb != to_string(Verb::resume));
}

void FleetState::on_mode_entered(const ModeEntered& event, const SimEnvelope& /*at*/) {
  paused_ = paused_ || (event.mode == paused_mode && event.why.starts_with("paused by "));
}

void FleetState::on_marked(const ShardMarked& event, const SimEnvelope& /*at*/) {
  unwritten_.erase(event.shard);
  unwritten_maintenance_.erase(event.shard);
  if (gets_games(event)) {
    marked_.erase(event.shard);
    if (!stores_work()) {
      unwritten_.insert(event.shard);
    }
  } else {
    marked_.insert(event.shard);
    ever_marked_.insert(event.shard);
  }
  if (event.after.find("maintenance") == std::string::npos) {
    maintenance_.erase(event.shard);
    if (!stores_work()) {
      unwritten_maintenance_.insert(event.shard);
    }
  } else {
    maintenance_.insert(event.shard);
    ever_maintenance_.insert(event.shard);
  }
}

void FleetState::on_shard_started(const ShardStarted& event, const SimEnvelope& /*at*/) {
  rooms_.insert_or_assign(event.shard, event.max_games);
}

void FleetState::on_link_ready(const arbees::redis::LinkReady& event, const SimEnvelope& at) {
  Node& node = nodes_[std::string(at.node)];
  node.link_ready[static_cast<std::size_t>(event.role)] = true;
  node.ready_since[static_cast<std::size_t>(event.role)] = at.time;
  if (std::exchange(node.refused[static_cast<std::size_t>(event.role)], false)) {
    node.refused_until = at.time;
  }
}

void FleetState::on_link_lost(const arbees::redis::LinkLost& event, const SimEnvelope& at) {
  nodes_[std::string(at.node)].link_ready[static_cast<std::size_t>(event.role)] = false;
}

void FleetState::on_misconfigured(const arbees::redis::LinkMisconfigured& event,
                                  const SimEnvelope& at) {
  nodes_[std::string(at.node)].refused[static_cast<std::size_t>(event.role)] = true;
}

void FleetState::set(const NodeName& node, bool running, bool frozen, SimTime now) {
  Node& state = nodes_[node.str()];
  state.running = running;
  state.frozen = frozen;
  state.link_ready = {};
  state.refused = {};
  if (state.clear) {  // a new process has to connect anew, even if it starts in the same instant
    state.clear = false;
    state.clear_since = now;
  }
  update(now);
}

void FleetState::update(SimTime now) {
  const bool redis = redis_answers();
  for (auto& [name, node] : nodes_) {
    bool clear = redis && node.running && !node.frozen;
    for (auto fault = faults_.begin(); clear && fault != faults_.end(); ++fault) {
      clear = !obstructs(fault->second, name);
    }
    if (clear != node.clear) {
      node.clear = clear;
      node.clear_since = now;
    }
  }
}

bool FleetState::redis_answers() const {
  return std::ranges::all_of(limits_.redis,
                             [this](const std::string& node) { return answers(node); });
}

bool FleetState::obstructs(const Fault& fault, std::string_view node) const {
  if (fault.right.empty()) {
    return contains(fault.left, node) || touches_redis(fault.left);
  }
  return (contains(fault.left, node) && touches_redis(fault.right)) ||
         (contains(fault.right, node) && touches_redis(fault.left));
}

bool FleetState::is_survived(const Fault& fault) const {
  const bool whole = std::ranges::none_of(
      limits_.orchestrators, [&](const std::string& node) { return obstructs(fault, node); });
  const bool of_shards = std::ranges::any_of(
      limits_.shards, [&](const FleetShard& shard) { return obstructs(fault, shard.node); });
  return whole && (fault.cuts || !of_shards) && !(fault.right.empty() && touches_redis(fault.left));
}

bool FleetState::touches_redis(const std::vector<std::string>& side) const {
  return std::ranges::any_of(limits_.redis,
                             [&](const std::string& node) { return contains(side, node); });
}

const FleetState::Node* FleetState::find(std::string_view node) const {
  const auto found = nodes_.find(node);
  return found == nodes_.end() ? nullptr : &found->second;
}

}  // namespace arbees::sim
