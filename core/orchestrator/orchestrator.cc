#include "core/orchestrator/orchestrator.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/base/assert.h"
#include "core/orchestrator/events.h"
#include "core/orchestrator/ownership.h"
#include "core/orchestrator/watch.h"
#include "core/wire/canary_message.h"
#include "core/wire/channels.h"
#include "core/wire/events.h"
#include "core/wire/notification.h"

namespace arbees {
namespace {

constexpr Duration store_retry = seconds{5};
constexpr std::size_t rejected_channel_length = 80;

InstanceId draw_instance(Entropy& entropy) {
  return InstanceId("orch-" + wire::boot_text(Boot(entropy.next() | 1U)));
}

/// Wires the parts to the ports and takes in what the bus brings. One call from outside is one step;
/// each ends in `settle`, which plans if something changed and arms the one timer.
class OrchestratorProgram final : public Orchestrator, private redis::BusHandler {
 public:
  OrchestratorProgram(Ports& ports, const OrchestratorSettings& settings)
      : ports_(ports),
        settings_(settings),
        instance_(draw_instance(ports.entropy)),
        fleet_(settings_),
        bus_(ports, settings_.redis, {{std::string(wire::heartbeat_pattern), true}}, *this),
        voice_(ports, bus_),
        delivery_(ports, settings_, voice_),
        watch_(ports, settings_, instance_, fleet_, voice_),
        ownership_(ports, settings_, fleet_, voice_, delivery_, watch_.modes(),
                   [this](const auto& committed) { after_commit(committed); }),
        timer_(ports.clock.make_timer([this] { on_timer(); })) {}

  void start() override {
    started_ =
        ports_.events.record(OrchestratorStarted{instance_, ports_.store.durable()}, EventId{});
    load();
  }

  void terminate() override { ports_.process.exit(ExitCode::ok, "asked to"); }

  void on_live_games(std::vector<LiveGame> games) override {
    begin_step();
    ownership_.set_live(std::move(games));
    settle();
  }

 private:
  // --- taking office ----------------------------------------------------------------------------

  void load() {
    store_retry_at_.reset();
    ports_.store.load([this](auto image) {
      if (image) {
        take_office(std::move(*image));
      } else {
        store_failed("loading", image.error());
      }
      settle();
    });
  }

  void take_office(StoreImage image) {
    const Term term = image.term.next();
    const Epoch reserved(image.epochs_reserved.value() + Ledger::epoch_block);
    StoreBatch batch;
    batch.expected_term = image.term;
    batch.new_term = term;
    batch.reserve_epochs_to = reserved;
    ports_.store.commit(std::move(batch),
                        [this, term, reserved, image = std::move(image)](auto done) {
                          if (done) {
                            begin_term(term, reserved, image);
                          } else {
                            store_failed("taking office", done.error());
                          }
                          settle();
                        });
  }

  void store_failed(std::string doing, const StoreError& error) {
    const EventId failed =
        ports_.events.record(StoreFailed{std::move(doing), error.detail}, started_);
    voice_.raise("STORE_DOWN", "store",
                 "the store does not answer (" + error.detail + "); trying again", failed);
    store_retry_at_ = ports_.clock.now() + store_retry;
  }

  void begin_term(Term term, Epoch reserved, const StoreImage& image) {
    const MonoTime now = ports_.clock.now();
    voice_.speak_for({term, instance_});
    fleet_.load(image, now, watch_.sight().seen(now));
    ownership_.begin(image, reserved, now);
    const EventId taken = ports_.events.record(
        TermTaken{instance_, term, image.shards.size(), image.games.size()}, started_);
    voice_.resolve("STORE_DOWN", "store", taken);
    watch_.begin_term(ownership_.ledger(), warm_up_min(), taken);
    bus_.start(taken);
  }

  [[nodiscard]] Duration warm_up_min() const {
    return ports_.store.durable() || settings_.new_fleet ? Duration{0} : settings_.lease_out();
  }

  void after_commit(const std::expected<void, StoreError>& committed) {
    if (!committed && committed.error().failure == StoreFailure::superseded) {
      step_down(Term{}, committed.error().detail, EventId{});
    }
    settle();
  }

  void step_down(Term other, const std::string& why, EventId cause) {
    const EventId stepped =
        ports_.events.record(SteppedDown{voice_.office().term, other, why}, cause);
    voice_.raise("LEADER_LOST", instance_.str(), "another orchestrator took office: " + why,
                 stepped);
    ports_.process.exit(ExitCode::superseded, why);
  }

  // --- the bus ----------------------------------------------------------------------------------

  void on_link_ready(redis::LinkRole /*role*/, EventId cause) override {
    begin_step();
    if (links_ready()) {
      watch_.on_links_ready(cause);
      for (auto& [id, shard] : fleet_.shards()) {
        shard.commands.make_all_due(ports_.clock.now());
        shard.unconfirmed_grants.clear();
      }
    }
    settle();
  }

  void on_link_lost(redis::LinkRole /*role*/, EventId cause) override {
    begin_step();
    watch_.on_link_lost(cause);
    settle();
  }

  void on_published(const redis::PublicationResult& result) override {
    begin_step();
    delivery_.on_published(fleet_, result);
    settle();
  }

  void on_message(std::string_view channel, std::string_view payload) override {
    begin_step();
    watch_.on_message();
    if (const auto sender = wire::canary_of(channel)) {
      hear_canary(*sender, channel, payload);
    } else {
      hear_heartbeat(channel, payload);
    }
    settle();
  }

  [[nodiscard]] bool links_ready() const {
    return bus_.ready(redis::LinkRole::subscriber) && bus_.ready(redis::LinkRole::publisher);
  }

  void reject(std::string_view channel, std::string why, std::size_t bytes) {
    ports_.events.record(
        wire::MessageRejected{std::string(channel.substr(0, rejected_channel_length)),
                              std::move(why), bytes, ++rejected_},
        EventId{});
  }

  void hear_canary(const InstanceId& sender, std::string_view channel, std::string_view payload) {
    const auto canary = wire::decode_canary(payload);
    if (!canary) {
      reject(channel, canary.error(), payload.size());
    } else if (sender == instance_) {
      watch_.on_canary(canary->nonce);
    } else if (others_heard_.insert(sender).second) {
      const EventId heard =
          ports_.events.record(OtherOrchestratorHeard{sender, canary->term}, EventId{});
      voice_.raise("DUPLICATE_ORCHESTRATOR", sender.str(),
                   "another orchestrator (" + sender.str() + ", term " +
                       std::to_string(canary->term.value()) + ") runs on the same Redis",
                   heard);
    }
  }

  // --- heartbeats -------------------------------------------------------------------------------

  void hear_heartbeat(std::string_view channel, std::string_view payload) {
    auto beat = wire::decode_heartbeat(payload);
    if (!beat) {
      reject(channel, std::move(beat.error()), payload.size());
      return;
    }
    if (channel != wire::heartbeat_channel(beat->shard)) {
      reject(channel, "the channel is another shard's than \"" + beat->shard.str() + "\"",
             payload.size());
      return;
    }
    if (voice_.office().term.none()) {
      return;
    }
    const Hearing hearing = fleet_.classify(*beat);
    if (hearing == Hearing::repeated || hearing == Hearing::superseded) {
      ignore(hearing, *beat);
      return;
    }
    const EventId heard = ports_.events.record(
        HeartbeatHeard{beat->shard, beat->boot, beat->hb_seq, beat->games.size()}, beat->cause);
    if (!term_is_ours(*beat, heard)) {
      return;
    }
    Shard& shard = fleet_.get_or_add(beat->shard, ports_.clock.now());
    take_in(shard, *beat, hearing, heard);
    update_status(shard, *beat, heard);
    if (beat->status == "stopping") {
      shard_left(shard, heard);
      return;
    }
    confirm_grants(shard, *beat, heard);
    ownership_.reconcile(shard, *beat, heard);
    ownership_.grant(shard, heard);
  }

  void ignore(Hearing hearing, const wire::Heartbeat& beat) {
    const bool superseded = hearing == Hearing::superseded;
    const EventId ignored = ports_.events.record(
        HeartbeatIgnored{beat.shard, beat.boot, beat.hb_seq,
                         superseded ? "of a process that was replaced" : "not newer than the last"},
        beat.cause);
    Shard* shard = fleet_.find(beat.shard);
    ensure(shard != nullptr, "only a known shard can repeat itself");
    if (superseded && ++shard->superseded_beats == 2) {
      const EventId duplicate = ports_.events.record(
          DuplicateShardHeard{beat.shard, shard->incarnation.boot, beat.boot}, ignored);
      voice_.raise("DUPLICATE_SHARD_ID", beat.shard.str(),
                   "two processes call themselves " + beat.shard.str() +
                       "; the one that started last is served",
                   duplicate);
    }
  }

  /// Whether we are still the one who speaks. A shard that has seen a higher term tells either of a
  /// successor, or of commits our store has lost (ownership.md 4.4, 4.5).
  bool term_is_ours(const wire::Heartbeat& beat, EventId heard) {
    const Term mine = voice_.office().term;
    if (beat.seen_term == mine && beat.seen_instance == instance_) {
      established_ = true;
      return true;
    }
    const bool other_of_same_term = beat.seen_term == mine && !beat.seen_instance.empty();
    if (beat.seen_term > mine || other_of_same_term) {
      if (established_) {
        step_down(beat.seen_term,
                  "shard " + beat.shard.str() + " follows " + beat.seen_instance.str(), heard);
        return false;
      }
      raise_term(beat, heard);
      return false;
    }
    return true;
  }

  void raise_term(const wire::Heartbeat& beat, EventId heard) {
    const Term mine = voice_.office().term;
    const Term next = std::max(beat.seen_term, mine).next();
    Epoch newest;
    for (const auto& [game, epoch] : beat.epochs) {
      newest = std::max(newest, epoch);
    }
    const EventId rolled =
        ports_.events.record(StoreRolledBack{beat.shard, beat.seen_term, newest, next}, heard);
    voice_.raise("STORE_ROLLBACK", "store",
                 "shards have seen term " + std::to_string(beat.seen_term.value()) +
                     ", the store only term " + std::to_string(mine.value()) +
                     ": it lost commits or was not durable",
                 rolled);
    // Out of office until the new term is durable: nothing may be said in either term meanwhile.
    voice_.speak_for({});
    StoreBatch batch;
    batch.expected_term = mine;
    batch.new_term = next;
    ports_.store.commit(std::move(batch), [this, next, rolled](auto done) {
      if (done) {
        voice_.speak_for({next, instance_});
        ownership_.distrust_store(ports_.clock.now());
        watch_.begin_term(ownership_.ledger(), settings_.lease_out(), rolled);
        voice_.roll_call(fleet_, rolled);
      }
      after_commit(done);
    });
  }

  void take_in(Shard& shard, const wire::Heartbeat& beat, Hearing hearing, EventId heard) {
    const MonoTime now = ports_.clock.now();
    if (hearing != Hearing::same) {
      adopt_process(shard, beat, hearing, heard);
    }
    const std::uint64_t room_before = shard.max_games;
    shard.heard = true;
    shard.left = false;
    shard.last_heard = now;
    shard.heard_at_seen = watch_.sight().seen(now);
    shard.patience = Duration{0};
    shard.patience_used = false;
    shard.death_probe.reset();
    shard.hb_seq = beat.hb_seq;
    shard.leased = beat.leased && !beat.boot.none();
    shard.interval = beat.interval.value_or(settings_.heartbeat_interval);
    shard.max_games = beat.max_games.value_or(default_max_games);
    for (const auto& [game, epoch] : beat.epochs) {
      ownership_.ledger().skip_epochs_to(epoch);
    }
    if (hearing != Hearing::same || room_before != shard.max_games) {
      ownership_.want_plan(heard);
    }
  }

  void adopt_process(Shard& shard, const wire::Heartbeat& beat, Hearing hearing, EventId heard) {
    const Incarnation before = shard.incarnation;
    const MonoTime now = ports_.clock.now();
    replace_incarnation(shard, beat.incarnation());
    const std::uint64_t room = beat.max_games.value_or(default_max_games);
    if (hearing == Hearing::restarted) {
      const std::set<GameId>& owned = ownership_.ledger().owned_by(shard.id);
      const EventId restarted =
          ports_.events.record(ShardRestarted{shard.id,
                                              shard.generation,
                                              before.process_id,
                                              beat.process_id,
                                              before.started_at,
                                              beat.started_at,
                                              {owned.begin(), owned.end()},
                                              shard.last_heard + settings_.lease_out() > now},
                               heard);
      delivery_.abandon_all(shard, "shard_restarted", restarted);
      shard.resync.reset();
      voice_.notify(wire::service_health_channel,
                    wire::service_restarted(shard.id, beat.process_id, before.started_at,
                                            beat.started_at, ports_.clock.wall_now()),
                    restarted);
      ownership_.schedule_resync(shard, restarted, now);
    }
    ports_.events.record(ShardJoined{shard.id, beat.boot, shard.generation, room, beat.leased},
                         heard);
    ownership_.remember(shard);
  }

  void update_status(Shard& shard, const wire::Heartbeat& beat, EventId heard) {
    const Health health = health_of(beat);
    const bool was_dead = shard.status.status() == Status::dead;
    const auto change = shard.status.heard(health.status, ports_.clock.now());
    if (!change) {
      return;
    }
    const WallTime now = ports_.clock.wall_now();
    if (was_dead) {
      const EventId recovered =
          ports_.events.record(ShardRecovered{shard.id, change->lasted}, heard);
      voice_.notify(wire::degradation_channel,
                    wire::service_recovered(shard.id, change->lasted, now), recovered);
      voice_.resolve("SHARD_DEAD", shard.id.str(), recovered);
      voice_.resolve("NO_HEALTHY_SHARDS", "fleet", recovered);
    }
    const EventId changed = record_status(shard, *change, health.why, heard);
    if (change->to == Status::degraded || change->to == Status::unhealthy) {
      voice_.notify(
          wire::degradation_channel,
          wire::service_degraded(shard.id, health.why, change->to == Status::unhealthy, now),
          changed);
    }
    ownership_.want_plan(changed);
  }

  EventId record_status(const Shard& shard, const StatusChange& change, std::string why,
                        EventId cause) {
    return ports_.events.record(
        StatusChanged{shard.id, std::string(to_string(change.from)),
                      std::string(to_string(change.to)), std::move(why), change.lasted},
        cause);
  }

  void confirm_grants(Shard& shard, const wire::Heartbeat& beat, EventId heard) {
    auto& unconfirmed = shard.unconfirmed_grants;
    while (!unconfirmed.empty() && unconfirmed.front().hb_seq <= beat.last_grant) {
      unconfirmed.pop_front();
    }
    const MonoTime now = ports_.clock.now();
    const bool deaf = shard.leased && settings_.lease > Duration{0} && !unconfirmed.empty() &&
                      unconfirmed.front().sent + settings_.lease_out() <= now;
    if (deaf == shard.deaf) {
      return;
    }
    shard.deaf = deaf;
    ownership_.want_plan(heard);
    if (!deaf) {
      voice_.resolve("SHARD_DEAF", shard.id.str(), heard);
      return;
    }
    const std::set<GameId>& owned = ownership_.ledger().owned_by(shard.id);
    const EventId event = ports_.events.record(
        ShardDeaf{shard.id, now - unconfirmed.front().sent, {owned.begin(), owned.end()}}, heard);
    voice_.raise("SHARD_DEAF", shard.id.str(),
                 shard.id.str() + " is heard but does not get our grants; its games move", event);
  }

  void shard_left(Shard& shard, EventId heard) {
    shard.left = true;
    if (const auto change = shard.status.died(ports_.clock.now())) {
      record_status(shard, *change, "it ended in order", heard);
    }
    const std::set<GameId>& owned = ownership_.ledger().owned_by(shard.id);
    const EventId left = ports_.events.record(
        ShardLeft{shard.id, shard.generation, {owned.begin(), owned.end()}}, heard);
    shard.reported.clear();
    shard.resync.reset();
    delivery_.abandon_all(shard, "shard_left", left);
    ownership_.give_back_all(shard, left);
    ownership_.want_plan(left);
  }

  // --- time -------------------------------------------------------------------------------------

  void on_timer() {
    begin_step();
    armed_for_.reset();
    if (store_retry_at_ && *store_retry_at_ <= ports_.clock.now()) {
      load();
    }
    settle();
  }

  /// A timer that is long overdue when any step comes: the process stood still.
  void begin_step() {
    const MonoTime now = ports_.clock.now();
    if (armed_for_ && now - *armed_for_ > settings_.stall && !voice_.office().term.none()) {
      watch_.on_stall(*armed_for_, now);
      armed_for_ = now;
    }
  }

  /// Death needs the silence, and the proof that we would have heard: a canary sent when it is due.
  void judge_the_silent(MonoTime now) {
    std::vector<ShardId> retired;
    for (auto& [id, shard] : fleet_.shards()) {
      const auto due = fleet_.death_due(shard, watch_.sight(), now);
      if (due && *due <= now) {
        if (!watch_.canary().enabled()) {
          declare_dead(shard, now);
        } else if (!shard.death_probe) {
          shard.death_probe = watch_.probe();
        }
      }
      if (shard.status.status() == Status::dead &&
          shard.last_heard + settings_.retire_after <= now &&
          ownership_.ledger().owned_by(id).empty()) {
        retired.push_back(id);
      }
    }
    for (const ShardId& id : retired) {
      fleet_.forget(id);
      ownership_.forget(id);
    }
  }

  void confirm_deaths() {
    const MonoTime now = ports_.clock.now();
    for (auto& [id, shard] : fleet_.shards()) {
      if (shard.death_probe && !watch_.sight().blind() &&
          watch_.canary().returned(*shard.death_probe)) {
        declare_dead(shard, now);
      }
    }
  }

  void declare_dead(Shard& shard, MonoTime now) {
    shard.death_probe.reset();
    const auto change = shard.status.died(now);
    ensure(change.has_value(), "a shard dies once");
    const EventId changed = record_status(shard, *change, "silent", EventId{});
    const std::set<GameId>& owned = ownership_.ledger().owned_by(shard.id);
    const std::vector<GameId> games(owned.begin(), owned.end());
    const EventId died = ports_.events.record(
        ShardDied{shard.id, shard.generation, shard.last_heard, now - shard.last_heard, games},
        changed);
    shard.resync.reset();
    shard.reported.clear();
    delivery_.abandon_all(shard, "shard_dead", died);
    const WallTime wall = ports_.clock.wall_now();
    voice_.notify(wire::service_health_channel,
                  wire::service_dead(shard.id, wall - (now - shard.last_heard), games, wall), died);
    voice_.raise("SHARD_DEAD", shard.id.str(),
                 shard.id.str() + " is silent; its " + std::to_string(games.size()) + " games move",
                 died);
    const bool anyone = std::ranges::any_of(fleet_.shards(), [](const auto& entry) {
      return entry.second.alive() && !entry.second.left;
    });
    if (!anyone) {
      voice_.raise("NO_HEALTHY_SHARDS", "fleet", "no shard is alive: no live game is watched",
                   died);
    }
    ownership_.want_plan(died);
  }

  /// The end of each step: decide what follows from what was learned, then sleep until it is time.
  void settle() {
    if (voice_.office().term.none()) {
      arm(store_retry_at_);
      return;
    }
    const MonoTime now = ports_.clock.now();
    if (watch_.advance(ownership_.ledger(), now)) {
      ownership_.want_plan(EventId{});
    }
    judge_the_silent(now);
    confirm_deaths();
    ownership_.advance(now);
    if (bus_.ready(redis::LinkRole::publisher)) {
      delivery_.send_due(fleet_, now);
    }
    std::optional<MonoTime> next = store_retry_at_;
    const auto consider = [&](std::optional<MonoTime> due) {
      if (due && (!next || *due < *next)) {
        next = due;
      }
    };
    consider(watch_.deadline());
    consider(ownership_.deadline());
    if (bus_.ready(redis::LinkRole::publisher)) {
      consider(delivery_.deadline(fleet_));
    }
    for (const auto& [id, shard] : fleet_.shards()) {
      if (!shard.death_probe) {
        consider(fleet_.death_due(shard, watch_.sight(), now));
      }
    }
    arm(next);
  }

  void arm(std::optional<MonoTime> due) {
    if (due == armed_for_) {
      return;
    }
    armed_for_ = due;
    if (due) {
      timer_->arm(*due);
    } else {
      timer_->disarm();
    }
  }

  static constexpr std::uint64_t default_max_games = 20;

  Ports& ports_;
  OrchestratorSettings settings_;
  InstanceId instance_;
  Fleet fleet_;
  redis::Bus bus_;
  Voice voice_;
  Delivery delivery_;
  Watch watch_;
  Ownership ownership_;
  std::unique_ptr<Timer> timer_;

  EventId started_;
  std::optional<MonoTime> store_retry_at_;
  std::optional<MonoTime> armed_for_;
  bool established_ = false;  ///< a shard follows this process in this term
  std::set<InstanceId> others_heard_;
  std::uint64_t rejected_ = 0;
};

}  // namespace

std::unique_ptr<Orchestrator> make_orchestrator(Ports& ports,
                                                const OrchestratorSettings& settings) {
  return std::make_unique<OrchestratorProgram>(ports, settings);
}

}  // namespace arbees
