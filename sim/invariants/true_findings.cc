#include "sim/invariants/true_findings.h"

#include <algorithm>
#include <utility>

#include "core/wire/channels.h"
#include "sim/invariants/mode_names.h"
#include "sim/invariants/words.h"
#include "sim/scenario/hostile_kind.h"

namespace arbees::sim {
namespace {

/// What clocks that differ, and the order within an instant, may hide.
constexpr Duration slack = milliseconds{1};
constexpr std::uint64_t few = 2;
/// Deaths within so long are of one silence: they are noticed when each is due.
constexpr Duration die_together = seconds{1};

bool contains_name(const std::vector<FleetShard>& shards, const ShardId& id) {
  return std::ranges::find(shards, id, &FleetShard::shard) != shards.end();
}

bool lists(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find_first_of(", "), list.size());
    if (list.substr(0, end) == word) {
      return true;
    }
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

}  // namespace

TrueFindings::TrueFindings(const Limits& limits, const FleetState& fleet)
    : Invariant(name, says), limits_(limits), fleet_(fleet) {
  listen<&TrueFindings::on_started>();
  listen<&TrueFindings::on_node_started>();
  listen<&TrueFindings::on_frozen>();
  listen<&TrueFindings::on_thawed>();
  listen<&TrueFindings::on_heard>();
  listen<&TrueFindings::on_joined>();
  listen<&TrueFindings::on_died>();
  listen<&TrueFindings::on_restarted>();
  listen<&TrueFindings::on_mode_entered>();
  listen<&TrueFindings::on_mode_left>();
  listen<&TrueFindings::on_zombie>();
  listen<&TrueFindings::on_deaf>();
  listen<&TrueFindings::on_opened>();
  listen<&TrueFindings::on_abandoned>();
  listen<&TrueFindings::on_status>();
  listen<&TrueFindings::on_stepped_down>();
  listen<&TrueFindings::on_leaving>();
  listen<&TrueFindings::on_failed>();
  listen<&TrueFindings::on_recovered>();
  listen<&TrueFindings::on_hostile>();
  listen<&TrueFindings::on_assigned>();
  listen<&TrueFindings::on_ended>();
  listen_each<&TrueFindings::on_fleet_event>(FleetEvents{});
}

// --- what is known ----------------------------------------------------------------------------

void TrueFindings::on_started(const OrchestratorStarted& /*event*/, const SimEnvelope& at) {
  offices_[std::string(at.node)] = Office{};
}

void TrueFindings::on_node_started(const NodeStarted& event, const SimEnvelope& /*at*/) {
  frozen_.erase(event.node.str());  // Whoever ends while it stands still does not go on.
  const auto shard = std::ranges::find(limits_.shards, event.node.str(), &FleetShard::node);
  if (shard == limits_.shards.end()) {
    return;
  }
  ++starts_[shard->shard];
  for (auto& [check, shared] : shared_) {
    shared.sufferers.erase(shard->shard);  // Its new process says so itself.
  }
}

void TrueFindings::on_frozen(const NodeFrozen& event, const SimEnvelope& at) {
  frozen_[event.node.str()] = {.from = at.time, .until = never};
}

void TrueFindings::on_thawed(const NodeThawed& event, const SimEnvelope& at) {
  frozen_[event.node.str()].until = at.time;
}

SimTime TrueFindings::could_learn(std::string_view node, SimTime changed) const {
  const auto last = frozen_.find(node);
  const bool missed =
      last != frozen_.end() && last->second.from <= changed && changed < last->second.until;
  return missed ? last->second.until : changed;
}

void TrueFindings::on_heard(const HeartbeatHeard& event, const SimEnvelope& at) {
  Heard& heard = offices_[std::string(at.node)].shards[event.shard];
  heard.at = at.node_time;
  heard.known = true;
  heard.dead = false;
}

void TrueFindings::on_joined(const ShardJoined& event, const SimEnvelope& at) {
  const bool old_wire = event.boot.none() && !event.leased;
  offices_[std::string(at.node)].shards[event.shard].leased = !old_wire;
}

void TrueFindings::on_fleet_event(const SimEnvelope& at) {
  if (!fleet_.stores_work()) {
    stores_work_since_ = at.time;
  } else if (const auto* healed = at.event.get_if<FaultHealed>();
             healed != nullptr && FleetState::is_of_disk(healed->fault)) {
    stores_work_since_ = at.time;
  }
  update_shared(at.time);
}

/// Whoever speaks in the name of a shard is another process of it for who hears.
void TrueFindings::on_hostile(const HostileMessageHeard& event, const SimEnvelope& /*at*/) {
  if (event.kind != word(HostileKind::impostor)) {
    return;
  }
  for (const FleetShard& shard : limits_.shards) {
    if (wire::is_heartbeat_channel(event.channel, shard.shard)) {
      forged_.insert(shard.shard);
    }
  }
}

std::string TrueFindings::only_node_of(const ShardId& shard, bool old_wire_too) const {
  std::string node;
  if (forged_.contains(shard)) {
    return node;
  }
  for (const FleetShard& candidate : limits_.shards) {
    if (candidate.shard == shard) {
      if (!node.empty() || (candidate.old_wire && !old_wire_too)) {
        return {};
      }
      node = candidate.node;
    }
  }
  return node;
}

bool TrueFindings::whole_for(const std::string& node, Duration span, SimTime now) const {
  return fleet_.link_clear(node) && now - fleet_.link_clear_since(node) > span &&
         !fleet_.refused_within(node, span, now);
}

// --- deaths -----------------------------------------------------------------------------------

void TrueFindings::on_died(const ShardDied& event, const SimEnvelope& at) {
  checked();
  Office& office = offices_[std::string(at.node)];
  Heard& heard = office.shards[event.shard];
  judge_silence(heard, event, at);
  if (heard.known) {  // HOLD does not count those that only the store remembers.
    judge_mass(office, event, at);
  }
  heard.dead = true;
}

void TrueFindings::judge_silence(const Heard& heard, const ShardDied& event,
                                 const SimEnvelope& at) {
  const std::string what = event.shard.str() + " was declared dead by " + std::string(at.node) +
                           " at " + in_words(at.time);
  // Who cannot be fenced, and may have lost its way back to Redis, has twice the time.
  const Duration timeout =
      heard.leased || limits_.lease_out <= Duration{} ? limits_.silence : 2 * limits_.silence;
  if (heard.known && at.node_time - heard.at < timeout - slack) {
    violated(at.time, at.id,
             what + ", " + in_words(at.node_time - heard.at) + " after it was heard");
  }
  const std::string node = only_node_of(event.shard);
  const Duration within = limits_.by_node_clock(limits_.heard_within);
  if (!node.empty() && whole_for(node, within, at.time)) {
    violated(
        at.time, at.id,
        what + ", but it and its links are whole since " + in_words(fleet_.link_clear_since(node)));
  }
}

void TrueFindings::judge_mass(Office& office, const ShardDied& event, const SimEnvelope& at) {
  office.deaths.push_back(at.time);
  while (office.deaths.front() + die_together < at.time) {
    office.deaths.pop_front();
  }
  const auto watched =
      static_cast<std::uint64_t>(std::ranges::count_if(
          office.shards,
          [](const auto& entry) { return entry.second.known && !entry.second.dead; })) +
      office.deaths.size() - 1;
  const std::uint64_t died = office.deaths.size();
  const bool held = office.holds || (office.ever_held && at.time - office.held <= limits_.hold_max);
  if (limits_.hold_percent > 0 && died > few && died * 100 >= watched * limits_.hold_percent &&
      !held) {
    violated(at.time, at.id,
             event.shard.str() + " is the " + std::to_string(died) + "th of " +
                 std::to_string(watched) + " shards that " + std::string(at.node) +
                 " declared dead at once, without a HOLD before");
  }
}

void TrueFindings::on_mode_entered(const ModeEntered& event, const SimEnvelope& at) {
  if (event.mode != hold_mode) {
    return;
  }
  checked();
  Office& office = offices_[std::string(at.node)];
  office.holds = office.ever_held = true;
  const Watched watched = watched_by(office, at.time);
  if (watched.silent <= few || watched.silent * 100 < watched.all * limits_.hold_percent) {
    violated(at.time, at.id,
             std::string(at.node) + " entered HOLD at " + in_words(at.time) + ", but " +
                 std::to_string(watched.all - watched.silent) + " of " +
                 std::to_string(watched.all) + " shards and their links are whole for long");
  }
}

/// The shards that an office looks after: those it has heard or that own games, as long as they are not dead.
TrueFindings::Watched TrueFindings::watched_by(const Office& office, SimTime now) const {
  const Duration within = limits_.by_node_clock(limits_.heard_within);
  Watched found;
  for (const FleetShard& shard : limits_.shards) {
    const auto known = office.shards.find(shard.shard);
    const bool heard = known != office.shards.end() && known->second.known;
    const bool dead = known != office.shards.end() && known->second.dead;
    const bool owns = std::ranges::any_of(
        owners_, [&](const auto& entry) { return entry.second == shard.shard; });
    if (shard.second || dead || !(heard || owns)) {
      continue;
    }
    const bool whole = whole_for(shard.node, within, now);
    if (whole && fleet_.under_maintenance(shard.shard)) {
      continue;  // An orchestrator that knows of it does not count it.
    }
    ++found.all;
    found.silent += whole ? 0 : 1;
  }
  // A stranger has said that it is a shard; it says no more.
  const auto strangers =
      static_cast<std::uint64_t>(std::ranges::count_if(office.shards, [&](const auto& heard) {
        return heard.second.known && !heard.second.dead &&
               !contains_name(limits_.shards, heard.first);
      }));
  found.all += strangers;
  found.silent += strangers;
  return found;
}

void TrueFindings::on_assigned(const GameAssigned& event, const SimEnvelope& /*at*/) {
  owners_.insert_or_assign(event.game, event.shard);
}

void TrueFindings::on_ended(const GameEnded& event, const SimEnvelope& /*at*/) {
  owners_.erase(event.game);
}

void TrueFindings::on_mode_left(const ModeLeft& event, const SimEnvelope& at) {
  offices_[std::string(at.node)].mode_left = at.time;
  if (event.mode == hold_mode) {
    Office& office = offices_[std::string(at.node)];
    office.holds = false;
    office.held = at.time;
  }
}

// --- restarts ---------------------------------------------------------------------------------

void TrueFindings::on_restarted(const ShardRestarted& event, const SimEnvelope& at) {
  checked();
  Heard& heard = offices_[std::string(at.node)].shards[event.shard];
  ++heard.restarts;
  if (heard.restarts > starts_[event.shard] && !forged_.contains(event.shard)) {
    violated(at.time, at.id,
             event.shard.str() + " restarted for the " + std::to_string(heard.restarts) +
                 "th time, says " + std::string(at.node) + ", but only " +
                 std::to_string(starts_[event.shard]) + " processes of it were started");
  }
}

// --- where nothing happened -------------------------------------------------------------------

bool TrueFindings::quiet(const std::string& node, const SimEnvelope& at) const {
  const Duration span = limits_.by_node_clock(limits_.breaker_closes);
  const auto office = offices_.find(at.node);
  const bool held_back = office != offices_.end() && at.time - office->second.mode_left <= span;
  return !node.empty() && !held_back && limits_.orchestrators.size() == 1 && fleet_.stores_work() &&
         at.time - stores_work_since_ > span && whole_for(node, span, at.time) &&
         whole_for(std::string(at.node), span, at.time);
}

void TrueFindings::judge_quiet(const ShardId& shard, const std::string& what,
                               const SimEnvelope& at) {
  checked();
  if (quiet(only_node_of(shard), at)) {
    violated(at.time, at.id,
             what + " at " + in_words(at.time) + ", though nothing has happened to " + shard.str() +
                 " or to " + std::string(at.node) + " for " +
                 in_words(limits_.by_node_clock(limits_.breaker_closes)));
  }
}

void TrueFindings::on_zombie(const ZombieFound& event, const SimEnvelope& at) {
  judge_quiet(event.shard, event.game.str() + " is a zombie of " + event.shard.str(), at);
}

void TrueFindings::on_deaf(const ShardDeaf& event, const SimEnvelope& at) {
  judge_quiet(event.shard, event.shard.str() + " is called deaf", at);
}

void TrueFindings::on_opened(const BreakerOpened& event, const SimEnvelope& at) {
  judge_quiet(event.shard, "the breaker of " + event.shard.str() + " opened (" + event.why + ")",
              at);
}

void TrueFindings::on_abandoned(const HandoffAbandoned& event, const SimEnvelope& at) {
  if (event.why != "late") {
    return;
  }
  checked();
  if (quiet(only_node_of(event.to, true), at) && quiet(only_node_of(event.from, true), at)) {
    violated(at.time, at.id,
             "the move of " + event.game.str() + " from " + event.from.str() + " to " +
                 event.to.str() + " came too late at " + in_words(at.time) +
                 ", though nothing has happened to them for long");
  }
}

// --- reasons to leave -------------------------------------------------------------------------

void TrueFindings::on_failed(const DependencyFailed& event, const SimEnvelope& at) {
  shared_[event.check].sufferers.try_emplace(event.shard, at.time);
  update_shared(at.time);
}

void TrueFindings::on_recovered(const DependencyRecovered& event, const SimEnvelope& at) {
  shared_[event.check].sufferers.erase(event.shard);
  update_shared(at.time);
}

void TrueFindings::update_shared(SimTime now) {
  const auto names =
      static_cast<std::uint64_t>(std::ranges::count(limits_.shards, false, &FleetShard::second));
  for (auto& [check, shared] : shared_) {
    const auto suffer = static_cast<std::uint64_t>(std::ranges::count_if(
        shared.sufferers,
        [this](const auto& sufferer) { return fleet_.any_answers(sufferer.first); }));
    const bool most = suffer >= 2 && suffer * 2 > names;
    if (most != shared.most) {
      shared.lasted = shared.most ? now - shared.since : shared.lasted;
      shared.most = most;
      shared.since = now;
    }
  }
}

void TrueFindings::on_status(const StatusChanged& event, const SimEnvelope& at) {
  if (event.from != "degraded" || event.to != "healthy") {
    return;
  }
  checked();
  const std::string node = only_node_of(event.shard);
  const Duration within = limits_.by_node_clock(limits_.heard_within);
  for (const auto& [check, shared] : shared_) {
    const auto sufferer = shared.sufferers.find(event.shard);
    if (sufferer != shared.sufferers.end() &&
        at.time - could_learn(at.node, sufferer->second) > within && !node.empty() &&
        whole_for(node, within, at.time)) {
      violated(at.time, at.id,
               event.shard.str() + " is called healthy at " + in_words(at.time) + ", but " + check +
                   " fails since " + in_words(sufferer->second));
    }
  }
}

void TrueFindings::on_stepped_down(const SteppedDown& event, const SimEnvelope& at) {
  checked();
  Office& office = offices_[std::string(at.node)];
  if (std::exchange(office.stepped_down, true)) {
    violated(at.time, at.id,
             std::string(at.node) + " lost its office at " + in_words(at.time) + " (" + event.why +
                 "), but it had lost it before");
  }
}

void TrueFindings::on_leaving(const ShardWantsToLeave& event, const SimEnvelope& at) {
  if (event.reason != "degraded") {
    return;
  }
  checked();
  // What changed within so long need not be known yet.
  const Duration known_after = limits_.by_node_clock(limits_.heard_within);
  const bool own = std::ranges::any_of(shared_, [&](const auto& entry) {
    const auto& [check, shared] = entry;
    if (!lists(event.checks, check)) {
      return false;
    }
    const Duration span = at.time - shared.since;
    const bool established =
        shared.most && at.time - could_learn(at.node, shared.since) > known_after;
    const bool lately =
        !shared.most && shared.lasted > known_after && span < limits_.degraded_max - known_after;
    return !established && !lately;
  });
  const bool known = std::ranges::any_of(
      shared_, [&](const auto& entry) { return lists(event.checks, entry.first); });
  if (known && !own && fleet_.healed()) {
    violated(at.time, at.id,
             event.shard.str() + " wants to leave at " + in_words(at.time) + " because of " +
                 event.checks + ", which fails on most shards or did until lately");
  }
}

}  // namespace arbees::sim
