#include "core/orchestrator/orchestrator.h"

#include <string>
#include <utility>

#include "core/assignment/ownership.h"
#include "core/monitors/monitors.h"
#include "core/monitors/startup_answers.h"
#include "core/orchestrator/death_watch.h"
#include "core/orchestrator/events.h"
#include "core/orchestrator/inbox.h"
#include "core/orchestrator/intake.h"
#include "core/orchestrator/operators.h"
#include "core/orchestrator/services.h"
#include "core/orchestrator/tenure.h"
#include "core/orchestrator/watch.h"
#include "core/wire/canary_message.h"
#include "core/wire/channels.h"
#include "core/wire/events.h"

namespace arbees {
namespace {

constexpr std::size_t rejected_channel_length = 80;
/// How long a heartbeat may wait for the term to be taken.
constexpr Duration held_max = seconds{1};
/// What waits for Redis at the end may leave within this time.
constexpr Duration farewell_patience = seconds{2};

InstanceId draw_instance(Entropy& entropy) {
  return InstanceId("orch-" + wire::boot_text(Boot(entropy.next() | 1U)));
}

/// Wires the parts to the ports. One call from outside is one step; each ends in `settle`, which does
/// what follows from what was learned and arms the one timer.
class OrchestratorProgram final : public Orchestrator, private redis::BusHandler {
 public:
  OrchestratorProgram(Ports& ports, const OrchestratorSettings& settings)
      : ports_(ports),
        settings_(settings),
        instance_(draw_instance(ports.entropy)),
        fleet_(settings_),
        bus_(ports, settings_.redis,
             {{std::string(wire::heartbeat_pattern), true},
              {std::string(wire::services_channel), false},
              {std::string(wire::startup_request_channel), false}},
             *this),
        voice_(ports, bus_, settings_.alerts),
        health_(ports, settings_, voice_),
        delivery_(ports, settings_, voice_, health_),
        watch_(ports, settings_, instance_, fleet_, voice_),
        ownership_(ports, settings_, fleet_, voice_, health_, delivery_, watch_.modes(),
                   watch_.sight(), [this](const auto& committed) { after_commit(committed); }),
        intake_(desk()),
        deaths_(desk()),
        operators_(desk(), deaths_),
        monitors_(ports, settings_, voice_, ownership_.ledger()),
        startup_answers_(ports, voice_, ownership_.ledger()),
        services_(ports, settings_, voice_, watch_.sight(), monitors_),
        tenure_(ports, settings_, instance_, voice_,
                {[this](const StoreImage& image, Epoch reserved_to, EventId cause) {
                   begin_term(image, reserved_to, cause);
                 },
                 [this](std::uint64_t lost_terms, Epoch heard) {
                   return ownership_.lose_terms(lost_terms, heard, ports_.clock.now());
                 },
                 [this](Epoch reserved_to, EventId cause) { begin_term_anew(reserved_to, cause); },
                 [this] { settle(); }}),
        timer_(ports.clock.make_timer([this] { on_timer(); })) {
    ownership_.tell_assigned([this](const GameState& game) { monitors_.on_assigned(game); });
  }

  void start() override {
    const EventId started =
        ports_.events.record(OrchestratorStarted{instance_, ports_.store.durable()}, EventId{});
    if (!ports_.store.durable()) {
      ports_.events.record(
          StateNotDurable{
              "ownership is kept in memory (give --store FILE): after a restart of this process it "
              "is "
              "learned from the shards, and no new game is placed before every lease is over"},
          started);
    }
    tenure_.start(started);
    bus_.start(started);
  }

  /// The shards go on without us for a while; whoever comes next waits for as long (ownership.md 4.15).
  void terminate() override {
    timer_->disarm();
    ending_ = true;
    if (voice_.office().term.none() || settings_.farewell_lease <= settings_.lease) {
      say_farewell();
      return;
    }
    StoreBatch batch;
    batch.set_farewell = settings_.lease_out(settings_.farewell_lease);
    ownership_.books().commit(std::move(batch), [this](bool committed) {
      if (committed) {
        ownership_.grant_for_farewell(EventId{});
      }
      say_farewell();
    });
  }

  void on_live_games(std::vector<LiveGame> games) override {
    begin_step();
    ownership_.set_live(std::move(games));
    monitors_.on_live_games();
    settle();
  }

  std::expected<void, std::string> obey(const OperatorOrder& order) override {
    begin_step();
    auto obeyed = operators_.obey(order);
    settle();
    return obeyed;
  }

  [[nodiscard]] Plan plan() const override {
    return ownership_.planning().preview(ports_.clock.now());
  }

 private:
  void say_farewell() {
    bus_.finish(farewell_patience, [this] { ports_.process.exit(ExitCode::ok, "asked to"); });
  }

  [[nodiscard]] Desk desk() {
    return {ports_, settings_, fleet_, voice_, health_, delivery_, watch_, ownership_};
  }

  // --- terms ------------------------------------------------------------------------------------

  void begin_term(const StoreImage& image, Epoch reserved_to, EventId cause) {
    const MonoTime now = ports_.clock.now();
    fleet_.load(image, now, watch_.sight().seen(now));
    ownership_.begin(image, reserved_to, now);
    const bool all_known = ownership_.knows_all_holders(image);
    watch_.begin_term(ownership_.ledger(),
                      {.leases = all_known ? Duration{0} : settings_.lease_out(),
                       .unknown_owners = !image.term.none()},
                      cause);
    operators_.begin(image, cause);
    hold_for_office();  // What has waited for too long is dropped.
    meet_redis(cause);
  }

  void begin_term_anew(Epoch reserved_to, EventId cause) {
    ownership_.begin_anew(reserved_to, ports_.clock.now());
    watch_.begin_term(ownership_.ledger(),
                      {.leases = settings_.lease_out(), .unknown_owners = true}, cause);
    for (auto& [id, shard] : fleet_.shards()) {
      shard.asked_at.reset();
      shard.awaits_epoch_until.reset();
      shard.follows = false;
    }
    meet_redis(cause);
  }

  void after_commit(const std::expected<void, StoreError>& committed) {
    if (!committed && committed.error().failure == StoreFailure::superseded) {
      tenure_.lost_to(Term{}, committed.error().detail, EventId{});
    }
    settle();
  }

  // --- the bus ----------------------------------------------------------------------------------

  void on_link_ready(redis::LinkRole /*role*/, EventId cause) override {
    begin_step();
    meet_redis(cause);
    settle();
  }

  /// Both links are there, and a term to speak in. Without one we only listen: whoever holds the store speaks.
  void meet_redis(EventId cause) {
    if (!links_ready() || voice_.office().term.none()) {
      return;
    }
    watch_.on_links_ready(cause);
    monitors_.on_links_ready(cause);
    for (auto& [id, shard] : fleet_.shards()) {
      shard.commands.make_all_due(ports_.clock.now());
      shard.unconfirmed_grants.clear();
    }
  }

  void on_link_lost(redis::LinkRole /*role*/, EventId cause) override {
    begin_step();
    watch_.on_link_lost(cause);
    settle();
  }

  void on_published(const redis::PublicationResult& result) override {
    begin_step();
    delivery_.on_published(fleet_, result);
  }

  void on_published_end() override { settle(); }

  /// Beats wait for the end of the read, or for a message that must find them taken: a canary proves
  /// that whatever was sent before it was heard.
  void on_message(std::string_view channel, std::string_view payload) override {
    notice_stall();
    watch_.on_message();
    const auto canary_sender = wire::canary_of(channel);
    const bool of_service = channel == wire::services_channel;
    if (!canary_sender && !of_service && channel != wire::startup_request_channel) {
      collect_heartbeat(channel, payload);
      return;
    }
    take_heartbeats();
    if (canary_sender) {
      hear_canary(*canary_sender, channel, payload);
    } else if (of_service) {
      hear_service(channel, payload);
    } else {
      hear_startup_request(channel, payload);
    }
  }

  void on_messages_end() override {
    begin_step();
    settle();
  }

  [[nodiscard]] bool links_ready() const {
    return bus_.ready(redis::LinkRole::subscriber) && bus_.ready(redis::LinkRole::publisher);
  }

  void hear_canary(const InstanceId& sender, std::string_view channel, std::string_view payload) {
    const auto canary = wire::decode_canary(payload);
    if (!canary) {
      reject(channel, canary.error(), payload.size());
    } else if (sender == instance_) {
      const bool was_blind = watch_.sight().blind();
      watch_.on_canary(canary->nonce);
      if (was_blind && !watch_.sight().blind()) {
        // A game that became live meanwhile waits for a plan; no shard's beat would ask for one.
        ownership_.want_plan(EventId{});
      }
    } else {
      EventId heard;
      if (others_heard_.insert(sender).second) {
        heard = ports_.events.record(OtherOrchestratorHeard{sender, canary->term}, EventId{});
      }
      voice_.notice("DUPLICATE_ORCHESTRATOR", sender.str(),
                    "another orchestrator (" + sender.str() + ", term " +
                        std::to_string(canary->term.value()) + ") runs on the same Redis",
                    heard);
    }
  }

  void collect_heartbeat(std::string_view channel, std::string_view payload) {
    auto beat = wire::decode_heartbeat(payload);
    if (!beat) {
      reject(channel, std::move(beat.error()), payload.size());
      return;
    }
    if (!wire::is_heartbeat_channel(channel, beat->shard)) {
      reject(channel, "the channel is another shard's than \"" + beat->shard.str() + "\"",
             payload.size());
      return;
    }
    if (voice_.office().term.none()) {
      hold_for_office();
    }
    if (const auto older = inbox_.put(std::move(*beat))) {
      ports_.events.record(HeartbeatIgnored{older->shard, older->boot, older->hb_seq,
                                            "a newer one of the process came with it"},
                           older->cause);
    }
  }

  /// A beat that comes while the term is being taken waits for it: whoever started beside us would be heard
  /// only an interval later. What is older than a moment is not news any more.
  void hold_for_office() {
    const MonoTime now = ports_.clock.now();
    if (inbox_.empty()) {
      held_since_ = now;
    }
    if (now - held_since_ > held_max) {
      static_cast<void>(inbox_.take());
      held_since_ = now;
    }
  }

  void take_heartbeats() {
    if (voice_.office().term.none()) {
      return;
    }
    for (const wire::Heartbeat& beat : inbox_.take()) {
      hear_heartbeat(beat);
    }
  }

  void hear_heartbeat(const wire::Heartbeat& beat) {
    if (voice_.office().term.none()) {
      return;  // An earlier beat of the same read took us out of office: a higher term is being committed.
    }
    const Hearing hearing = fleet_.classify(beat);
    if (hearing == Hearing::repeated || hearing == Hearing::superseded) {
      intake_.ignore(hearing, beat);
      return;
    }
    const EventId heard = ports_.events.record(
        HeartbeatHeard{beat.shard, beat.boot, beat.hb_seq, beat.games.size()}, beat.cause);
    if (tenure_.survives(beat, heard)) {
      intake_.take(beat, hearing, heard);
    } else {
      intake_.hear_alone(beat);
    }
  }

  void hear_service(std::string_view channel, std::string_view payload) {
    if (const auto beat = wire::decode_service_heartbeat(payload)) {
      services_.take(*beat, watch_.last_message());
    } else {
      reject(channel, beat.error(), payload.size());
    }
  }

  void hear_startup_request(std::string_view channel, std::string_view payload) {
    if (const auto asker = wire::decode_startup_request(payload)) {
      startup_answers_.ask(*asker);
    } else {
      reject(channel, asker.error(), payload.size());
    }
  }

  void reject(std::string_view channel, std::string why, std::size_t bytes) {
    ports_.events.record(
        wire::MessageRejected{std::string(channel.substr(0, rejected_channel_length)),
                              std::move(why), bytes, ++rejected_},
        EventId{});
  }

  // --- time -------------------------------------------------------------------------------------

  void on_timer() {
    begin_step();
    armed_for_.reset();
    tenure_.advance(ports_.clock.now());
    settle();
  }

  /// What was read before is taken before anything else is judged.
  void begin_step() {
    notice_stall();
    take_heartbeats();
  }

  /// A timer that is long overdue when any step comes: the process stood still.
  void notice_stall() {
    const MonoTime now = ports_.clock.now();
    if (armed_for_ && now - *armed_for_ > settings_.stall && !voice_.office().term.none()) {
      watch_.on_stall(*armed_for_, now);
      armed_for_ = now;
    }
  }

  void settle() {
    if (ending_) {
      return;
    }
    voice_.alarms().advance(ports_.clock.now());
    std::optional<MonoTime> next = tenure_.deadline();
    const auto consider = [&](std::optional<MonoTime> due) {
      if (due && (!next || *due < *next)) {
        next = due;
      }
    };
    if (!voice_.office().term.none()) {
      act(ports_.clock.now());
      consider(watch_.deadline());
      consider(deaths_.deadline(ports_.clock.now()));
      consider(services_.deadline(ports_.clock.now()));
      consider(health_.deadline(fleet_, ports_.clock.now()));
      consider(ownership_.deadline());
      consider(operators_.deadline());
      consider(delivery_.next_alert(fleet_));
      if (bus_.ready(redis::LinkRole::publisher)) {
        consider(delivery_.next_send(fleet_));
        consider(monitors_.deadline());
        consider(startup_answers_.deadline());
      }
    }
    consider(voice_.alarms().deadline());
    arm(next);
  }

  /// What follows from what is known now.
  void act(MonoTime now) {
    watch_.follow_store(ownership_.books().out_since().has_value(), EventId{});
    const bool all_owned = !watch_.modes().in(Mode::warm_up) || ownership_.all_owned();
    if (watch_.advance(ownership_.ledger(), all_owned, now)) {
      ownership_.want_plan(EventId{});
    }
    deaths_.advance(now);
    services_.advance(now);
    operators_.advance(now);
    if (const auto changed = health_.advance(fleet_, now)) {
      ownership_.want_plan(*changed);
    }
    ownership_.advance(now);
    if (bus_.ready(redis::LinkRole::publisher)) {
      delivery_.send_due(fleet_, now);
      startup_answers_.advance(now);
      monitors_.advance(now);
    }
    delivery_.alert_overdue(fleet_, now);
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

  Ports& ports_;
  OrchestratorSettings settings_;
  InstanceId instance_;
  Fleet fleet_;
  redis::Bus bus_;
  Voice voice_;
  HealthReports health_;
  Delivery delivery_;
  Watch watch_;
  Ownership ownership_;
  Inbox inbox_;
  Intake intake_;
  DeathWatch deaths_;
  Operators operators_;
  Monitors monitors_;
  StartupAnswers startup_answers_;
  Services services_;
  Tenure tenure_;
  std::unique_ptr<Timer> timer_;

  std::optional<MonoTime> armed_for_;
  std::set<InstanceId> others_heard_;
  MonoTime held_since_{};  ///< the oldest heartbeat that waits for the term
  std::uint64_t rejected_ = 0;
  bool ending_ = false;
};

}  // namespace

std::unique_ptr<Orchestrator> make_orchestrator(Ports& ports,
                                                const OrchestratorSettings& settings) {
  return std::make_unique<OrchestratorProgram>(ports, settings);
}

}  // namespace arbees
