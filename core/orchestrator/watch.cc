#include "core/orchestrator/watch.h"

#include <algorithm>

#include "core/base/assert.h"
#include "core/orchestrator/events.h"

namespace arbees {
namespace {

constexpr const char* blind_alert = "ORCHESTRATOR_BLIND";
constexpr const char* own_subject = "orchestrator";
constexpr const char* store_alert = "STORE_DOWN";
constexpr const char* redis_alert = "REDIS_DOWN";
constexpr const char* redis_subject = "redis";
constexpr const char* hold_alert = "MASS_FAILURE_HOLD";
constexpr const char* flapping_alert = "BLIND_FLAPPING";

}  // namespace

Watch::Watch(Ports& ports, const OrchestratorSettings& settings, const InstanceId& instance,
             Fleet& fleet, Voice& voice)
    : ports_(ports),
      settings_(settings),
      instance_(instance),
      fleet_(fleet),
      voice_(voice),
      canary_(settings.canary_period, settings.canary_timeout),
      sight_(ports.clock.now()),
      last_message_(ports.clock.now()) {
  if (canary_.enabled()) {
    sight_.lose(
        last_message_);  // Nothing was seen yet: silence does not count before the first canary.
  }
}

void Watch::begin_term(const Ledger& ledger, const Doubt& doubt, EventId cause) {
  const MonoTime now = ports_.clock.now();
  judging_since_ = now;
  if (sight_.blind()) {
    enter(Mode::blind, "not connected yet", cause);
  }
  if (!links_ready_) {
    voice_.raise(redis_alert, redis_subject, "no link to Redis since the start", cause);
  }
  term_seen_ = sight_.seen(now);
  if (settings_.warm_up_max > Duration{0}) {
    warm_up_min_until_ = now + std::max(settings_.warm_up_min, doubt.leases);
    listening_ = doubt.unknown_owners ? settings_.listening() : Duration{0};
    enter(Mode::warm_up, ledger.games().empty() ? "new term" : "new term, owners not heard yet",
          cause);
  }
}

void Watch::on_links_ready(EventId cause) {
  links_ready_ = true;
  voice_.resolve(redis_alert, redis_subject, cause);
  if (canary_.enabled()) {
    probe();
  }
  voice_.roll_call(fleet_, cause);
}

void Watch::on_link_lost(EventId cause) {
  links_ready_ = false;
  voice_.raise(redis_alert, redis_subject, "a link to Redis is lost", cause);
  canary_.forget_in_flight();
  if (canary_.enabled()) {
    go_blind("a link is down", cause);
  }
}

std::uint64_t Watch::probe() {
  const std::uint64_t nonce = canary_.send(ports_.clock.now());
  voice_.canary(instance_, nonce);
  return nonce;
}

void Watch::on_canary(std::uint64_t nonce) {
  const MonoTime now = ports_.clock.now();
  const auto round_trip = canary_.heard(nonce, now);
  if (!round_trip) {
    return;
  }
  const EventId heard = ports_.events.record(CanaryHeard{nonce, *round_trip}, EventId{});
  if (sight_.blind() && links_ready_) {
    sight_.regain(now);
    be_patient(now);
    leave(Mode::blind, heard);
    voice_.resolve(blind_alert, own_subject, heard);
    voice_.roll_call(fleet_, heard);
  }
}

void Watch::on_stall(MonoTime since, MonoTime now) {
  const EventId noticed = ports_.events.record(StallNoticed{now - since}, EventId{});
  if (!sight_.blind()) {
    sight_.lose(std::max(since, last_message_));
    sight_.regain(now);
    be_patient(now);
    voice_.roll_call(fleet_, noticed);
  }
  stalled_until_ = now + 2 * settings_.heartbeat_interval;
  enter(Mode::paused, "the orchestrator stood still", noticed);
}

void Watch::pause(std::string_view why, EventId cause) {
  if (!paused_since_) {
    paused_since_ = ports_.clock.now();
  }
  enter(Mode::paused, why, cause);
}

void Watch::resume(EventId cause) {
  paused_since_.reset();
  if (modes_.in(Mode::paused) && !stalled_until_) {
    leave(Mode::paused, cause);
  }
}

void Watch::follow_store(bool out, EventId cause) {
  if (out == modes_.in(Mode::store_out)) {
    return;
  }
  if (out) {
    enter(Mode::store_out, "commits fail or stay unanswered", cause);
    voice_.raise(store_alert, "store",
                 "decisions cannot be written down; only games of dead shards move, for " +
                     std::to_string(settings_.store_out_max / seconds{1}) + " s at most",
                 cause);
  } else {
    leave(Mode::store_out, cause);
    voice_.resolve(store_alert, "store", cause);
  }
}

bool Watch::advance(const Ledger& ledger, bool all_owned, MonoTime now) {
  look_at_wall_clock(now);
  calm_down(now);
  if (links_ready_ && canary_.missing(now)) {
    canary_.forget_in_flight();
    // The links answer their PINGs and deliver nothing: a subscription that is dead, or a server that was
    // demoted, where PUBLISH works and reaches nobody (H3, H9). New links ask anew where the server is.
    voice_.reconnect("the canary did not come back", EventId{});
    go_blind("the canary did not come back", EventId{});
  }
  if (links_ready_ && canary_.due(now)) {
    probe();
  }
  const bool stall_over = stalled_until_ && *stalled_until_ <= now;
  if (stall_over) {
    stalled_until_.reset();
    if (!paused_since_) {
      leave(Mode::paused, EventId{});
    }
  }
  const bool warmed_up = leave_warm_up_if_done(ledger, all_owned, now);
  judge_restored_alerts(now);
  return warmed_up || stall_over;
}

bool Watch::leave_warm_up_if_done(const Ledger& ledger, bool all_owned, MonoTime now) {
  if (!modes_.in(Mode::warm_up) || sight_.blind() || now < warm_up_min_until_) {
    return false;
  }
  const Duration listened = sight_.seen(now) - term_seen_;
  const bool all_heard = all_known_heard(ledger) && (all_owned || listened >= listening_);
  if (!all_heard && listened < settings_.warm_up_max) {
    return false;
  }
  leave(Mode::warm_up, EventId{});
  return true;
}

std::optional<MonoTime> Watch::deadline() const {
  std::optional<MonoTime> first;
  const auto consider = [&](MonoTime due) {
    if (!first || due < *first) {
      first = due;
    }
  };
  if (links_ready_) {
    if (const auto due = canary_.deadline()) {
      consider(*due);
    }
  }
  if (stalled_until_) {
    consider(*stalled_until_);
  }
  for (const Flapping& flapping : flapping_) {
    if (const auto calm = flapping.calm_at()) {
      consider(*calm);
    }
  }
  if (voice_.alarms().any_restored() && modes_.none()) {
    consider(all_noticed_at());
  }
  if (modes_.in(Mode::warm_up) && !sight_.blind()) {
    const MonoTime now = ports_.clock.now();
    const Duration listened = sight_.seen(now) - term_seen_;
    if (listened < listening_) {
      consider(now + (listening_ - listened));
    }
    const MonoTime latest = now + (settings_.warm_up_max - listened);
    consider(now < warm_up_min_until_ ? warm_up_min_until_ : std::max(latest, now));
  }
  return first;
}

void Watch::enter(Mode mode, std::string_view why, EventId cause) {
  if (!modes_.in(mode)) {
    modes_.set(mode, true);
    entered_[static_cast<std::size_t>(mode)] = ports_.clock.now();
    const EventId entered =
        ports_.events.record(ModeEntered{std::string(to_string(mode)), std::string(why)}, cause);
    if (flapping_[static_cast<std::size_t>(mode)].began(ports_.clock.now())) {
      voice_.raise(flapping_alert, std::string(to_string(mode)),
                   std::string(to_string(mode)) +
                       " was entered more than 3 times in 10 min, now because " + std::string(why),
                   entered);
    }
  }
}

void Watch::leave(Mode mode, EventId cause) {
  ensure(modes_.in(mode), "only a mode that is on is left");
  modes_.set(mode, false);
  judging_since_ = ports_.clock.now();
  const Duration lasted = ports_.clock.now() - entered_[static_cast<std::size_t>(mode)];
  ports_.events.record(ModeLeft{std::string(to_string(mode)), lasted}, cause);
}

void Watch::go_blind(std::string_view why, EventId cause) {
  if (!sight_.blind()) {
    sight_.lose(proven_until());
    for (auto& [id, shard] : fleet_.shards()) {
      shard.death_probe.reset();
    }
    enter(Mode::blind, why, cause);
  }
  if (!modes_.in(Mode::blind)) {
    return;  // It has no term and judges nobody anyway: that there is no link, or no store, is told.
  }
  // Also when it is blind since the start: then this is the first that people hear of it.
  voice_.raise(blind_alert, own_subject,
               "the orchestrator cannot hear the shards (" + std::string(why) +
                   "); nobody is judged and no game is moved until it can",
               cause);
}

void Watch::hold(std::string_view why) {
  enter(Mode::hold, why, EventId{});
  voice_.raise(hold_alert, own_subject,
               std::string(why) + ": no death is declared before it is clear that they stay away",
               EventId{});
}

void Watch::end_hold() {
  leave(Mode::hold, EventId{});
  voice_.resolve(hold_alert, own_subject, EventId{});
}

void Watch::look_at_wall_clock(MonoTime now) {
  if (const auto by = wall_clock_.look(now, ports_.clock.wall_now())) {
    const EventId jumped = ports_.events.record(WallClockJumped{*by}, EventId{});
    voice_.notice("CLOCK_JUMP", own_subject,
                  "the wall clock of the orchestrator jumped by " +
                      std::to_string(std::chrono::duration_cast<milliseconds>(*by).count()) + " ms",
                  jumped);
  }
}

void Watch::calm_down(MonoTime now) {
  for (std::size_t i = 0; i < mode_count; ++i) {
    if (flapping_[i].calmed(now)) {
      voice_.resolve(flapping_alert, std::string(to_string(static_cast<Mode>(i))), EventId{});
    }
  }
}

void Watch::judge_restored_alerts(MonoTime now) {
  if (!voice_.alarms().any_restored() || modes_.in(Mode::warm_up)) {
    return;
  }
  voice_.alarms().learned();
  if (modes_.none() && all_noticed_at() <= now) {
    voice_.alarms().give_up_restored();
  }
}

MonoTime Watch::all_noticed_at() const {
  Duration longest = settings_.shard_timeout;
  for (const auto& [id, shard] : fleet_.shards()) {
    longest = std::max(longest, fleet_.timeout_of(shard));
  }
  return judging_since_ + longest + settings_.death_check_grid + settings_.canary_timeout;
}

void Watch::be_patient(MonoTime now) {
  // Two beats and a reconnect: a shard that is well is heard by then (ownership.md 5), once per
  // silence, or a canary that blips every 50 s would keep a dead shard alive for ever (C6).
  for (auto& [id, shard] : fleet_.shards()) {
    if (shard.status.status() == Status::dead || shard.patience_used) {
      continue;
    }
    const Duration grace = 2 * shard.interval + settings_.redis.reconnect_time();
    const Duration left = fleet_.timeout_of(shard) - (sight_.seen(now) - shard.heard_at_seen);
    if (grace > left) {
      shard.patience = grace - left;
      shard.patience_used = true;
    }
  }
}

MonoTime Watch::proven_until() const {
  return std::max(canary_.proven_until().value_or(last_message_), last_message_);
}

bool Watch::all_known_heard(const Ledger& ledger) const {
  return std::ranges::all_of(ledger.owners(), [&](const auto& entry) {
    const Shard* owner = fleet_.find(entry.first);
    return owner != nullptr && owner->heard;
  });
}

}  // namespace arbees
