#include "sim/invariants/deaths_in_time.h"

#include <algorithm>

#include "core/wire/channels.h"
#include "sim/invariants/mode_names.h"
#include "sim/invariants/words.h"
#include "sim/scenario/hostile_kind.h"

namespace arbees::sim {
namespace {

/// Why an orchestrator is blind that did not have to wait for a canary to notice.
constexpr std::string_view link_down = "a link is down";

}  // namespace

DeathsInTime::DeathsInTime(const Limits& limits, const FleetState& fleet)
    : Invariant(name, says), limits_(limits), fleet_(fleet) {
  listen<&DeathsInTime::on_started>();
  listen<&DeathsInTime::on_exited>();
  listen<&DeathsInTime::on_crashed>();
  listen<&DeathsInTime::on_frozen>();
  listen<&DeathsInTime::on_thawed>();
  listen<&DeathsInTime::on_term>();
  listen<&DeathsInTime::on_stepped_down>();
  listen<&DeathsInTime::on_mode_entered>();
  listen<&DeathsInTime::on_mode_left>();
  listen<&DeathsInTime::on_stall>();
  listen<&DeathsInTime::on_heard>();
  listen<&DeathsInTime::on_died>();
  listen<&DeathsInTime::on_left>();
  listen<&DeathsInTime::on_retired>();
  listen<&DeathsInTime::on_fault>();
  listen<&DeathsInTime::on_hostile>();
}

// --- what it could hear -----------------------------------------------------------------------

void DeathsInTime::on_started(const OrchestratorStarted& /*event*/, const SimEnvelope& at) {
  offices_[std::string(at.node)] = Office{};
}

void DeathsInTime::on_exited(const NodeExited& event, const SimEnvelope& /*at*/) {
  end(event.node.str());
}

void DeathsInTime::on_crashed(const NodeCrashed& event, const SimEnvelope& /*at*/) {
  end(event.node.str());
}

void DeathsInTime::on_stepped_down(const SteppedDown& /*event*/, const SimEnvelope& at) {
  end(at.node);
}

void DeathsInTime::end(std::string_view node) {
  if (const auto office = offices_.find(node); office != offices_.end()) {
    offices_.erase(office);
  }
}

void DeathsInTime::count(Office& office, SimTime now, Duration lost) {
  if (!office.blind && !office.frozen) {
    office.seen += now - office.since;
  }
  office.seen -= lost;
  office.since = now;
}

void DeathsInTime::on_frozen(const NodeFrozen& event, const SimEnvelope& at) {
  if (const auto office = offices_.find(event.node.str()); office != offices_.end()) {
    count(office->second, at.time, limits_.canary_period + limits_.canary_timeout);
    office->second.frozen = true;
  }
}

void DeathsInTime::on_thawed(const NodeThawed& event, const SimEnvelope& at) {
  if (const auto office = offices_.find(event.node.str()); office != offices_.end()) {
    count(office->second, at.time);
    office->second.frozen = false;
    look(office->second, at.time);
  }
}

void DeathsInTime::on_term(const TermTaken& /*event*/, const SimEnvelope& at) {
  Office& office = offices_[std::string(at.node)];
  office.in_office = true;
  count(office, at.time);
}

void DeathsInTime::on_mode_entered(const ModeEntered& event, const SimEnvelope& at) {
  Office& office = offices_[std::string(at.node)];
  if (event.mode == blind_mode) {
    const Duration unnoticed = event.why == link_down
                                   ? limits_.canary_period + limits_.round_trip
                                   : limits_.canary_period + limits_.canary_timeout;
    count(office, at.time, unnoticed);
    office.blind = true;
  } else if (event.mode == hold_mode || event.mode == warm_up_mode) {
    office.restrictions.insert(event.mode);
    excuse_all(office);
  }
}

void DeathsInTime::on_mode_left(const ModeLeft& event, const SimEnvelope& at) {
  Office& office = offices_[std::string(at.node)];
  office.restrictions.erase(event.mode);
  if (event.mode == blind_mode) {
    count(office, at.time);
    office.blind = false;
    look(office, at.time);
  }
}

void DeathsInTime::on_stall(const StallNoticed& event, const SimEnvelope& at) {
  Office& office = offices_[std::string(at.node)];
  count(office, at.time, event.stalled + limits_.canary_period + limits_.canary_timeout);
}

void DeathsInTime::on_fault(const FaultStarted& event, const SimEnvelope& /*at*/) {
  if (event.fault == "slow" || event.fault == "hostile_messages") {
    for (auto& [node, office] : offices_) {
      excuse_all(office);
    }
  }
}

/// Whoever speaks in the name of a shard is another process of it for who hears.
void DeathsInTime::on_hostile(const HostileMessageHeard& event, const SimEnvelope& /*at*/) {
  if (event.kind != word(HostileKind::impostor)) {
    return;
  }
  for (const FleetShard& shard : limits_.shards) {
    if (wire::is_heartbeat_channel(event.channel, shard.shard)) {
      forged_.insert(shard.shard);
      for (auto& [node, office] : offices_) {
        office.silent.erase(shard.shard);
      }
    }
  }
}

void DeathsInTime::excuse_all(Office& office) {
  for (auto& [id, silence] : office.silent) {
    silence.judged = false;
  }
}

// --- the silent -------------------------------------------------------------------------------

void DeathsInTime::on_heard(const HeartbeatHeard& event, const SimEnvelope& at) {
  const auto processes = std::ranges::count(limits_.shards, event.shard, &FleetShard::shard);
  Office& office = offices_[std::string(at.node)];
  if (processes != 1 || !office.in_office || forged_.contains(event.shard)) {
    return;
  }
  count(office, at.time);
  office.silent.insert_or_assign(
      event.shard, Silence{.heard_at = office.seen,
                           .judged = office.restrictions.empty() && !fleet_.slow(at.node),
                           .event = at.id});
  wake_after(at.time + bound());
}

void DeathsInTime::on_died(const ShardDied& event, const SimEnvelope& at) {
  Office& office = offices_[std::string(at.node)];
  if (const auto silence = office.silent.find(event.shard); silence != office.silent.end()) {
    if (silence->second.judged) {
      checked();
    }
    office.silent.erase(silence);
  }
}

void DeathsInTime::on_left(const ShardLeft& event, const SimEnvelope& at) {
  offices_[std::string(at.node)].silent.erase(event.shard);
}

void DeathsInTime::on_retired(const ShardRetired& event, const SimEnvelope& at) {
  offices_[std::string(at.node)].silent.erase(event.shard);
}

Duration DeathsInTime::bound() const {
  return limits_.by_node_clock(limits_.shard_timeout + limits_.grace + limits_.canary_period +
                               limits_.canary_timeout + seconds{1});
}

/// Asks to be woken when the first of them is due, if it goes on seeing.
void DeathsInTime::look(Office& office, SimTime now) {
  for (const auto& [id, silence] : office.silent) {
    if (silence.judged) {
      wake_after(now + std::max<Duration>(bound() - (office.seen - silence.heard_at), Duration{1}));
    }
  }
}

void DeathsInTime::expired(SimTime moment) {
  for (auto& [node, office] : offices_) {
    if (office.blind || office.frozen || !office.in_office) {
      continue;  // Looked at again when that is over.
    }
    count(office, moment);
    for (auto& [id, silence] : office.silent) {
      const Duration silent = office.seen - silence.heard_at;
      if (!silence.judged || silent < bound()) {
        continue;
      }
      checked();
      silence.judged = false;
      violated(moment, silence.event,
               id.str() + " has not been heard by " + node + " for " + in_words(silent) +
                   " in which it could be, and is not declared dead by " + in_words(moment));
    }
    look(office, moment);
  }
}

}  // namespace arbees::sim
