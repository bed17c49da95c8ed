#include "sim/invariants/served_again.h"

#include <algorithm>

#include "core/base/assert.h"
#include "core/orchestrator/operator_order.h"
#include "sim/invariants/words.h"

namespace arbees::sim {

ServedAgain::ServedAgain(const Limits& limits, const FleetState& fleet)
    : Invariant(name, says), limits_(limits), fleet_(fleet) {
  listen<&ServedAgain::on_discovered>();
  listen<&ServedAgain::on_ended>();
  listen<&ServedAgain::on_accepted>();
  listen<&ServedAgain::on_misconfigured>();
  listen<&ServedAgain::on_ready>();
  listen<&ServedAgain::on_term>();
  listen<&ServedAgain::on_rolled_back>();
  listen<&ServedAgain::on_received>();
  listen<&ServedAgain::on_beat>();
  listen<&ServedAgain::on_heard>();
  listen<&ServedAgain::on_process>();
  listen_each<&ServedAgain::on_fleet_event>(FleetEvents{});
  for (const GameId& id : limits.games) {
    games_[id].live = true;
    ++live_;
  }
  for (const auto& [id, ends] : limits.game_ends) {
    games_[id].ends = ends;
  }
}

void ServedAgain::on_discovered(const GameDiscovered& event, const SimEnvelope& at) {
  Game& game = games_[event.game];
  if (game.live) {
    return;  // another start of the orchestrator finds it again
  }
  game.live = true;
  game.reported = false;
  game.live_since = at.time;
  game.since_event = at.id;
  game.last_accepted.reset();
  ++live_;
  wake_after(due_of(game));
}

void ServedAgain::on_ended(const GameEnded& event, const SimEnvelope& at) {
  Game& game = games_[event.game];
  if (game.live) {
    end(game, at.time);
    wake_after(at.time);  // there may be capacity for the others now
  }
}

void ServedAgain::end(Game& game, SimTime now) {
  const bool had_to_wait = fleet_.capacity() < live_;
  game.live = false;
  --live_;
  if (had_to_wait && fleet_.capacity() >= live_) {
    // Who had to wait for room is placed now.
    const Disturbance placed{.kind = Disturbance::Kind::game_came};
    recovered_ = std::max(recovered_, now + limits_.recovery(placed, live_));
  }
}

void ServedAgain::end_games(SimTime now) {
  for (auto& [id, game] : games_) {
    if (game.live && game.ends <= now) {
      end(game, now);
    }
  }
}

void ServedAgain::on_accepted(const SignalAccepted& event, const SimEnvelope& at) {
  Game& game = games_[event.game];
  game.last_accepted = at.time;
  game.reported = false;
  if (game.last_shard != event.shard) {
    game.last_shard = event.shard;
  }
}

void ServedAgain::on_misconfigured(const arbees::redis::LinkMisconfigured& event,
                                   const SimEnvelope& at) {
  refused_.emplace(at.node, event.role);
}

void ServedAgain::on_ready(const arbees::redis::LinkReady& event, const SimEnvelope& at) {
  refused_.erase({std::string(at.node), event.role});
}

void ServedAgain::on_term(const TermTaken& event, const SimEnvelope& at) {
  follow(event.term);
  const Disturbance started{.kind = Disturbance::Kind::orchestrator_started,
                            .silent_shards = silent_.size() + (strangers_ ? 1 : 0)};
  recovered_ = std::max(recovered_, at.time + limits_.recovery(started, live_) + stranger_wait());
  farewell_until_ =
      farewell_ ? at.time + limits_.by_node_clock(limits_.farewell_out) : farewell_until_;
  owner_lost_ = owner_lost_ || !silent_.empty();
  farewell_ = false;
  note_farewell(at);
  wake_after(std::max(recovered_, at.time));
}

/// A stranger that has said that it runs games may have been given them. It has twice the time of others, as it knows no
/// leases.
Duration ServedAgain::stranger_wait() const {
  return strangers_ ? limits_.by_node_clock(limits_.shard_timeout) : Duration{};
}

/// Nobody is known to follow this one yet.
void ServedAgain::follow(Term term) {
  term_ = term;
  for (auto& [node, process] : following_) {
    process = {.shard = process.shard, .boot = process.boot, .since = {}};
  }
}

void ServedAgain::on_rolled_back(const StoreRolledBack& event, const SimEnvelope& /*at*/) {
  follow(event.new_term);
}

void ServedAgain::on_process(const ShardStarted& event, const SimEnvelope& at) {
  following_.put(at.node, {.shard = event.shard, .boot = event.boot, .since = {}});
}

void ServedAgain::on_received(const GrantReceived& event, const SimEnvelope& at) {
  if (Following* process = following_.find(at.node); process != nullptr && event.term == term_) {
    process->granted = true;
  }
}

void ServedAgain::on_beat(const HeartbeatSent& event, const SimEnvelope& at) {
  Following* process = following_.find(at.node);
  if (process != nullptr && process->granted && process->since.none()) {
    process->since = event.hb_seq;
  }
}

void ServedAgain::on_heard(const HeartbeatHeard& event, const SimEnvelope& /*at*/) {
  for (auto* entry : following_.of(event.shard)) {
    Following& process = entry->second;
    const bool says_so = !process.since.none() && process.since <= event.hb_seq;
    process.heard = process.heard || (process.boot == event.boot && says_so);
  }
}

bool ServedAgain::loses_owner(const SimEnvelope& at) {
  if (kind_of(at) != Disturbance::Kind::shard_silenced) {
    return false;
  }
  const auto* exited = at.event.get_if<NodeExited>();
  const auto* crashed = at.event.get_if<NodeCrashed>();
  const auto* frozen = at.event.get_if<NodeFrozen>();
  ensure(exited != nullptr || crashed != nullptr || frozen != nullptr,
         "a shard's process is silenced by its end or by standing still");
  const NodeName& node = exited != nullptr    ? exited->node
                         : crashed != nullptr ? crashed->node
                                              : frozen->node;
  const Following* process = following_.find(node.str());
  return strangers_ || store_troubled_ || process == nullptr || !process->heard;
}

/// Who owned a game when the orchestrator said farewell, and failed, had its lease for long.
void ServedAgain::note_farewell(const SimEnvelope& at) {
  const auto* exited = at.event.get_if<NodeExited>();
  const auto* crashed = at.event.get_if<NodeCrashed>();
  const auto* fault = at.event.get_if<FaultStarted>();
  if ((exited != nullptr && fleet_.is_orchestrator(exited->node.str())) ||
      (crashed != nullptr && fleet_.is_orchestrator(crashed->node.str()))) {
    follow(Term{});
  }
  store_troubled_ = store_troubled_ || (fault != nullptr && FleetState::is_of_disk(fault->fault));
  if (exited != nullptr && fleet_.is_orchestrator(exited->node.str())) {
    farewell_ = true;
    ever_farewell_ = true;
    owner_lost_ = !silent_.empty() || store_troubled_;
  } else if (crashed != nullptr && fleet_.is_orchestrator(crashed->node.str()) &&
             at.time < farewell_until_) {
    // The next one does not know how much of the wait is over, nor what a store in trouble did not take.
    farewell_ = true;
    owner_lost_ = owner_lost_ || !silent_.empty() || store_troubled_;
  } else if (fault != nullptr && fault->fault == "store_restored" && ever_farewell_) {
    farewell_ = true;  // The copy may be from during that wait, and say nothing of who owned what.
    owner_lost_ = true;
  }
  owner_lost_ = owner_lost_ || loses_owner(at);
  if (owner_lost_ && at.time < farewell_until_) {
    const Disturbance placed{.kind = Disturbance::Kind::game_came};
    recovered_ = std::max(recovered_, farewell_until_ + limits_.recovery(placed, live_));
  }
}

void ServedAgain::note_strangers(const SimEnvelope& at) {
  const auto* began = at.event.get_if<FaultStarted>();
  const auto* healed = at.event.get_if<FaultHealed>();
  strangers_ = strangers_ || (began != nullptr && began->fault == "hostile_messages");
  if (healed != nullptr && healed->fault == "hostile_messages") {
    const Disturbance silent{.kind = Disturbance::Kind::shard_silenced, .silent_shards = 1};
    recovered_ = std::max(recovered_, at.time + limits_.recovery(silent, live_) + stranger_wait());
  }
}

void ServedAgain::on_fleet_event(const SimEnvelope& at) {
  const std::size_t silent = silent_.size();
  note_silence(at);
  note_farewell(at);
  if (const auto* started = at.event.get_if<NodeStarted>()) {
    std::erase_if(refused_, [&](const auto& link) { return link.first == started->node.str(); });
  }
  note_strangers(at);
  disturbed_ = at.time;
  disturbed_by_ = at.id;
  ++disturbances_;
  if (const auto kind = kind_of(at)) {
    const Disturbance disturbance{.kind = *kind, .silent_shards = silent_.size()};
    // Whoever was refused by configuration asks again only after a wait of its own.
    const Duration refused_wait = limits_.by_node_clock(limits_.refused_wait);
    const bool waits = !refused_.empty();
    recovered_ = std::max(recovered_, at.time + limits_.recovery(disturbance, live_) +
                                          (waits ? refused_wait : Duration{}));
  }
  if (at.event.get_if<FaultStarted>() != nullptr && silent_.size() > silent) {
    note_cut(at);
  }
  wake_after(std::max(recovered_, at.time));
}

/// A shard whose link is cut fails like one that is silent; where only one way is, it can be heard until its kernel
/// has given the connection up, or be deaf for the time of a lease before that shows.
void ServedAgain::note_cut(const SimEnvelope& at) {
  const Disturbance cut{.kind = Disturbance::Kind::shard_silenced, .silent_shards = silent_.size()};
  const Duration until_silent = limits_.by_node_clock(limits_.reconnect + limits_.lease_out);
  recovered_ = std::max(recovered_, at.time + until_silent + limits_.recovery(cut, live_));
}

void ServedAgain::note_silence(const SimEnvelope& at) {
  const auto update = [this](const NodeName& node) {
    const auto shard = std::ranges::find(limits_.shards, node.str(), &FleetShard::node);
    if (shard == limits_.shards.end()) {
      return;
    }
    if (fleet_.any_answers(shard->shard)) {
      silent_.erase(shard->shard);
    } else {
      silent_.insert(shard->shard);
    }
  };
  if (const auto* started = at.event.get_if<NodeStarted>()) {
    update(started->node);
  } else if (const auto* exited = at.event.get_if<NodeExited>()) {
    update(exited->node);
  } else if (const auto* crashed = at.event.get_if<NodeCrashed>()) {
    update(crashed->node);
  } else if (const auto* frozen = at.event.get_if<NodeFrozen>()) {
    update(frozen->node);
  } else if (const auto* thawed = at.event.get_if<NodeThawed>()) {
    update(thawed->node);
  } else if (at.event.get_if<FaultStarted>() != nullptr ||
             at.event.get_if<FaultHealed>() != nullptr) {
    for (const FleetShard& shard : limits_.shards) {
      if (fleet_.answers(shard.node)) {
        update(NodeName(shard.node));
      }
    }
  }
}

std::optional<Disturbance::Kind> ServedAgain::kind_of(const SimEnvelope& at) const {
  using Kind = Disturbance::Kind;
  const auto ended = [this](const NodeName& node) {
    // Without Redis or an orchestrator the fleet is not healed; the bound begins when it is.
    return fleet_.is_shard(node.str()) ? std::optional(Kind::shard_silenced) : std::nullopt;
  };
  if (const auto* started = at.event.get_if<NodeStarted>()) {
    const std::string& node = started->node.str();
    return fleet_.is_orchestrator(node) ? Kind::orchestrator_started
           : fleet_.is_shard(node)      ? Kind::shard_returned
                                        : Kind::links_mended;
  }
  if (const auto* thawed = at.event.get_if<NodeThawed>()) {
    return fleet_.is_shard(thawed->node.str()) ? Kind::shard_returned : Kind::links_mended;
  }
  if (const auto* exited = at.event.get_if<NodeExited>()) {
    return ended(exited->node);
  }
  if (const auto* crashed = at.event.get_if<NodeCrashed>()) {
    return ended(crashed->node);
  }
  if (const auto* frozen = at.event.get_if<NodeFrozen>()) {
    return ended(frozen->node);
  }
  if (const auto* asked = at.event.get_if<OperatorAsked>()) {
    // What was held back is done now; a shard may have been silent all the time.
    return asked->verb == to_string(Verb::resume) ? std::optional(Kind::links_mended)
                                                  : std::nullopt;
  }
  if (const auto* marked = at.event.get_if<ShardMarked>()) {
    // What had to wait for room is placed now.
    return FleetState::gets_games(*marked) ? std::optional(Kind::links_mended) : std::nullopt;
  }
  if (const auto* healed = at.event.get_if<FaultHealed>()) {
    const bool of_links = !FleetState::is_of_process(healed->fault) &&
                          !FleetState::is_of_clock(healed->fault) &&
                          !FleetState::is_of_dependency(healed->fault);
    return of_links ? std::optional(Kind::links_mended) : std::nullopt;
  }
  return std::nullopt;
}

SimTime ServedAgain::due_of(const Game& game) const {
  const Disturbance coming{.kind = Disturbance::Kind::game_came};
  const SimTime due = std::max(recovered_, game.live_since + limits_.recovery(coming, live_));
  // In a planned move one lets go, says so, and the next one is granted the game; one of the old wire says it with its next beat.
  const Duration moving = std::max(limits_.signal_period,
                                   limits_.by_node_clock(limits_.applied_gap) + limits_.round_trip);
  const Duration silence =
      2 * limits_.signal_period + moving + limits_.by_node_clock(limits_.old_wire_beat);
  return game.last_accepted ? std::max(due, *game.last_accepted + silence) : due;
}

void ServedAgain::expired(SimTime moment) {
  end_games(moment);
  // Woken again by the next disturbance or its healing; each of them restarts the bound.
  if (!fleet_.healed() || fleet_.capacity() < live_) {
    return;
  }
  for (auto& [id, game] : games_) {
    if (!game.live) {
      continue;
    }
    if (due_of(game) <= moment && !game.reported) {
      judge(id, game, moment);
    } else if (game.judged_after != disturbances_ && game.last_accepted && recovered_ <= moment) {
      game.judged_after = disturbances_;
      checked();
    }
    wake_after(game.reported ? moment + 3 * limits_.signal_period : due_of(game));
  }
}

void ServedAgain::judge(const GameId& id, Game& game, SimTime moment) {
  checked();
  game.judged_after = disturbances_;
  game.reported = true;
  std::string text = id.str() + ": no signal was accepted";
  if (game.last_accepted) {
    text += " for " + in_words(moment - *game.last_accepted) + " (the last came from " +
            game.last_shard.str() + " at " + in_words(*game.last_accepted) + ")";
  } else {
    text += " since it became live at " + in_words(game.live_since);
  }
  text += "; nothing happened to the fleet since " + in_words(disturbed_) +
          ", and its time to recover was over at " + in_words(recovered_);
  violated(moment, game.last_accepted || game.since_event.none() ? disturbed_by_ : game.since_event,
           std::move(text));
}

}  // namespace arbees::sim
