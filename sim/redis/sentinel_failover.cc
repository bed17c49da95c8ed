#include <algorithm>
#include <map>
#include <tuple>

#include "sim/redis/sentinel.h"
#include "sim/redis/sentinel_times.h"

namespace arbees::sim::redis {

void Sentinel::check_subjectively(Watched& who, SimTime now) {
  const auto silent_link = [&](const PeerLink& link) {
    return link.open() && now - link.opened > least_link_age;
  };
  if (silent_link(who.commands) && who.unanswered &&
      now - *who.unanswered > settings_.down_after / 2 &&
      now - who.ponged > settings_.down_after / 2) {
    drop(who.commands);
  }
  if (silent_link(who.hellos) && now - who.hellos.heard > 3 * hello_period) {
    drop(who.hellos);
  }
  const bool wrong_role = who.kind == Watched::Kind::master && !who.says_master &&
                          now - who.role_since > settings_.down_after + 2 * info_period;
  Duration silent{};
  if (who.unanswered) {
    silent = now - *who.unanswered;
  } else if (!who.connected()) {
    silent = now - who.available;
  }
  const bool down = silent > settings_.down_after || wrong_role;
  if (down && !who.down()) {
    who.down_since = now;
    announce("+sdown", who);
  } else if (!down && who.down()) {
    who.down_since.reset();
    announce("-sdown", who);
  }
}

void Sentinel::check_objectively(SimTime now) {
  std::size_t agreed = 0;
  if (master_->down()) {
    agreed = 1 + static_cast<std::size_t>(std::ranges::count_if(
                     sentinels_, [](const auto& other) { return other->says_master_down; }));
  }
  if (agreed >= settings_.quorum) {
    if (!objectively_down_since_) {
      objectively_down_since_ = now;
      announce("+odown", *master_,
               "#quorum " + std::to_string(agreed) + "/" + std::to_string(settings_.quorum));
    }
  } else if (objectively_down_since_) {
    objectively_down_since_.reset();
    announce("-odown", *master_);
  }
}

void Sentinel::start_failover_if_due(SimTime now) {
  if (!objectively_down() || failing_over() ||
      (failover_start_ && now - *failover_start_ < 2 * settings_.failover_timeout)) {
    return;
  }
  failover_ = Failover::wait_start;
  failover_entered_ = now;
  failover_epoch_ = ++epoch_;
  host_.announce("+new-epoch", std::to_string(epoch_));
  announce("+try-failover", *master_);
  failover_start_ = now + desynchronized();
  ask_others(true, now);
}

void Sentinel::ask_others(bool at_once, SimTime now) {
  for (const auto& other : sentinels_) {
    if (other->asked_at && now - *other->asked_at > 5 * ask_period) {
      other->says_master_down = false;
      other->votes_for.clear();
    }
    const bool lately = other->asked_at && now - *other->asked_at < ask_period;
    if (!master_->down() || !other->connected() || (lately && !at_once)) {
      continue;
    }
    send(*other, Asked::vote,
         {"SENTINEL", "is-master-down-by-addr", master_->address.host,
          std::to_string(master_->address.port), std::to_string(epoch_),
          failing_over() ? std::string_view(settings_.id) : std::string_view("*")});
  }
}

Vote Sentinel::vote(std::uint64_t epoch, std::string_view candidate, SimTime now) {
  if (candidate == "*") {
    return vote_;
  }
  adopt_epoch(epoch);
  if (vote_.epoch < epoch && epoch_ <= epoch) {
    vote_ = {.leader = std::string(candidate), .epoch = epoch_};
    host_.announce("+vote-for-leader", vote_.leader + " " + std::to_string(vote_.epoch));
    if (vote_.leader != settings_.id) {
      failover_start_ = now + desynchronized();  // somebody else is at it
    }
  }
  return vote_;
}

/// Who has the votes of a majority, and of a quorum, in this epoch; empty: nobody.
std::string Sentinel::leader(std::uint64_t epoch, SimTime now) {
  std::map<std::string, std::size_t> votes;
  for (const auto& other : sentinels_) {
    if (!other->votes_for.empty() && other->vote_epoch == epoch_) {
      ++votes[other->votes_for];
    }
  }
  const auto most = [&] {
    return std::ranges::max_element(votes, {}, [](const auto& entry) { return entry.second; });
  };
  const Vote own = vote(epoch, votes.empty() ? settings_.id : most()->first, now);
  if (!own.leader.empty() && own.epoch == epoch) {
    ++votes[own.leader];
  }
  const std::size_t majority = (sentinels_.size() + 1) / 2 + 1;
  if (votes.empty() || most()->second < std::max<std::size_t>(majority, settings_.quorum)) {
    return {};
  }
  return most()->first;
}

void Sentinel::enter(Failover state, SimTime now) {
  failover_ = state;
  failover_entered_ = now;
  const Watched& about = promoted_ == nullptr ? *master_ : *promoted_;
  if (const std::string_view name = failover_state(); !name.empty()) {
    std::string channel = "+failover-state-";
    for (const char c : name) {
      channel += c == '_' ? '-' : c;
    }
    announce(channel, state == Failover::lead_replicas ? *master_ : about);
  }
}

void Sentinel::abort_failover(std::string_view channel) {
  announce(channel, *master_);
  failover_ = Failover::none;
  promoted_ = nullptr;
  for (const auto& replica : replicas_) {
    replica->leading = Leading::none;
  }
}

std::string_view Sentinel::failover_state() const {
  switch (failover_) {
    case Failover::none: return "";
    case Failover::wait_start: return "wait_start";
    case Failover::select_replica: return "select_slave";
    case Failover::tell_replica: return "send_slaveof_noone";
    case Failover::wait_promotion: return "wait_promotion";
    case Failover::lead_replicas: return "reconf_slaves";
    case Failover::switch_master: return "update_config";
  }
  return "";
}

void Sentinel::advance_failover(SimTime now) {
  const bool late = now - failover_entered_ > settings_.failover_timeout;
  switch (failover_) {
    case Failover::wait_start: await_election(now); break;
    case Failover::select_replica: select_replica(now); break;
    case Failover::tell_replica:
      if (promoted_->connected()) {
        tell_replica(now);
      } else if (late) {
        abort_failover("-failover-abort-slave-timeout");
      }
      break;
    case Failover::wait_promotion:
      if (late) {
        abort_failover("-failover-abort-slave-timeout");
      }
      break;
    case Failover::lead_replicas: lead_replicas(now); break;
    case Failover::none:
    case Failover::switch_master: break;
  }
}

void Sentinel::await_election(SimTime now) {
  if (leader(failover_epoch_, now) == settings_.id) {
    announce("+elected-leader", *master_);
    enter(Failover::select_replica, now);
    return;
  }
  if (now - *failover_start_ > std::min(election_timeout_max, settings_.failover_timeout)) {
    abort_failover("-failover-abort-not-elected");
  }
}

/// The replica with the best priority, then the one that has most, then the least run id.
void Sentinel::select_replica(SimTime now) {
  const Duration longest_apart =
      10 * settings_.down_after + (master_->down() ? now - *master_->down_since : Duration{});
  const Duration info_age = master_->down() ? 5 * ping_period : 3 * info_period;
  Watched* best = nullptr;
  const auto rank = [](const Watched& replica) {
    return std::tuple(replica.priority, ~replica.offset, std::string_view(replica.id));
  };
  for (const auto& replica : replicas_) {
    const bool good = !replica->down() && replica->connected() &&
                      now - replica->available <= 5 * ping_period && replica->priority > 0 &&
                      replica->informed && now - *replica->informed <= info_age &&
                      replica->link_down_for <= longest_apart;
    if (good && (best == nullptr || rank(*replica) < rank(*best))) {
      best = replica.get();
    }
  }
  if (best == nullptr) {
    abort_failover("-failover-abort-no-good-slave");
    return;
  }
  announce("+selected-slave", *best);
  promoted_ = best;
  enter(Failover::tell_replica, now);
}

void Sentinel::tell_replica(SimTime now) {
  follow(*promoted_, nullptr);
  enter(Failover::wait_promotion, now);
}

/// One of the other replicas after the other; those that are away are led when they are back.
void Sentinel::lead_replicas(SimTime now) {
  const bool late = now - failover_entered_ > settings_.failover_timeout;
  bool under_way = false;
  Watched* next = nullptr;
  for (const auto& replica : replicas_) {
    if (replica.get() == promoted_ || replica->leading == Leading::done) {
      continue;
    }
    if (replica->leading == Leading::told && now - replica->led_at > replica_lead_timeout) {
      replica->leading = Leading::none;
    }
    if (replica->leading != Leading::none) {
      under_way = true;
    } else if (!replica->down() && next == nullptr) {
      next = replica.get();
    }
  }
  if (late || (!under_way && next == nullptr)) {
    announce("+failover-end", *master_);
    failover_ = Failover::switch_master;
    failover_entered_ = now;
  } else if (!under_way && next->connected()) {
    follow(*next, &promoted_->address);
    next->leading = Leading::told;
    next->led_at = now;
    announce("+slave-reconf-sent", *next);
  }
}

/// The watched master is another one from here on; the old one becomes a replica in our eyes.
void Sentinel::switch_master(Address to, SimTime now) {
  const Address from = master_->address;
  std::vector<Address> replicas;
  for (const auto& replica : replicas_) {
    drop_links(*replica);
    if (replica->address != to) {
      replicas.push_back(replica->address);
    }
  }
  replicas.push_back(from);
  drop_links(*master_);
  for (const auto& other : sentinels_) {
    other->says_master_down = false;
    other->votes_for.clear();
    other->asked_at.reset();
  }
  promoted_ = nullptr;
  failover_ = Failover::none;
  objectively_down_since_.reset();
  failover_start_.reset();
  replicas_.clear();
  master_ = std::make_unique<Watched>(Watched::Kind::master, to, now);
  master_->says_master = true;
  host_.announce("+switch-master",
                 settings_.master_name + " " + from.text(' ') + " " + to.text(' '));
  for (const Address& address : replicas) {
    discover_replica(address, now);
  }
}

}  // namespace arbees::sim::redis
