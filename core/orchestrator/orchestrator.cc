#include "core/orchestrator/orchestrator.h"

#include <string>
#include <utility>

#include "core/orchestrator/death_watch.h"
#include "core/orchestrator/events.h"
#include "core/orchestrator/inbox.h"
#include "core/orchestrator/intake.h"
#include "core/orchestrator/ownership.h"
#include "core/orchestrator/services.h"
#include "core/orchestrator/tenure.h"
#include "core/orchestrator/watch.h"
#include "core/wire/canary_message.h"
#include "core/wire/channels.h"
#include "core/wire/events.h"

namespace arbees {
namespace {

constexpr std::size_t rejected_channel_length = 80;
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
              {std::string(wire::services_channel), false}},
             *this),
        voice_(ports, bus_, settings_.alerts),
        delivery_(ports, settings_, voice_),
        watch_(ports, settings_, instance_, fleet_, voice_),
        ownership_(ports, settings_, fleet_, voice_, delivery_, watch_.modes(), watch_.sight(),
                   [this](const auto& committed) { after_commit(committed); }),
        intake_(desk()),
        deaths_(desk()),
        services_(ports, settings_, voice_, watch_.sight()),
        tenure_(ports, instance_, voice_,
                {[this](const StoreImage& image, Epoch reserved_to, EventId cause) {
                   begin_term(image, reserved_to, cause);
                 },
                 [this](EventId cause) { begin_term_anew(cause); }, [this] { settle(); }}),
        timer_(ports.clock.make_timer([this] { on_timer(); })) {}

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
  }

  void terminate() override {
    timer_->disarm();
    ending_ = true;
    bus_.finish(farewell_patience, [this] { ports_.process.exit(ExitCode::ok, "asked to"); });
  }

  void on_live_games(std::vector<LiveGame> games) override {
    begin_step();
    ownership_.set_live(std::move(games));
    settle();
  }

 private:
  [[nodiscard]] Desk desk() {
    return {ports_, settings_, fleet_, voice_, delivery_, watch_, ownership_};
  }

  // --- terms ------------------------------------------------------------------------------------

  void begin_term(const StoreImage& image, Epoch reserved_to, EventId cause) {
    const MonoTime now = ports_.clock.now();
    fleet_.load(image, now, watch_.sight().seen(now));
    ownership_.begin(image, reserved_to, now);
    const bool all_known = ports_.store.remembers_all() || settings_.new_fleet;
    watch_.begin_term(ownership_.ledger(), all_known ? Duration{0} : settings_.lease_out(), cause);
    bus_.start(cause);
  }

  void begin_term_anew(EventId cause) {
    ownership_.distrust_store(ports_.clock.now());
    watch_.begin_term(ownership_.ledger(), settings_.lease_out(), cause);
    voice_.roll_call(fleet_, cause);
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

  /// Beats wait for the end of the read, or for a message that must find them taken: a canary proves
  /// that whatever was sent before it was heard.
  void on_message(std::string_view channel, std::string_view payload) override {
    notice_stall();
    watch_.on_message();
    const auto canary_sender = wire::canary_of(channel);
    if (channel != wire::services_channel && !canary_sender) {
      collect_heartbeat(channel, payload);
      return;
    }
    take_heartbeats();
    if (canary_sender) {
      hear_canary(*canary_sender, channel, payload);
    } else {
      hear_service(channel, payload);
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
      watch_.on_canary(canary->nonce);
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
    if (channel != wire::heartbeat_channel(beat->shard)) {
      reject(channel, "the channel is another shard's than \"" + beat->shard.str() + "\"",
             payload.size());
      return;
    }
    if (voice_.office().term.none()) {
      return;
    }
    if (const auto older = inbox_.put(std::move(*beat))) {
      ports_.events.record(HeartbeatIgnored{older->shard, older->boot, older->hb_seq,
                                            "a newer one of the process came with it"},
                           older->cause);
    }
  }

  void take_heartbeats() {
    for (const wire::Heartbeat& beat : inbox_.take()) {
      hear_heartbeat(beat);
    }
  }

  void hear_heartbeat(const wire::Heartbeat& beat) {
    const Hearing hearing = fleet_.classify(beat);
    if (hearing == Hearing::repeated || hearing == Hearing::superseded) {
      intake_.ignore(hearing, beat);
      return;
    }
    const EventId heard = ports_.events.record(
        HeartbeatHeard{beat.shard, beat.boot, beat.hb_seq, beat.games.size()}, beat.cause);
    if (tenure_.survives(beat, heard)) {
      intake_.take(beat, hearing, heard);
    }
  }

  void hear_service(std::string_view channel, std::string_view payload) {
    if (const auto beat = wire::decode_service_heartbeat(payload)) {
      services_.take(*beat, watch_.last_message());
    } else {
      reject(channel, beat.error(), payload.size());
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
      consider(ownership_.deadline());
      consider(delivery_.next_alert(fleet_));
      if (bus_.ready(redis::LinkRole::publisher)) {
        consider(delivery_.next_send(fleet_));
      }
    }
    consider(voice_.alarms().deadline());
    arm(next);
  }

  /// What follows from what is known now.
  void act(MonoTime now) {
    if (watch_.advance(ownership_.ledger(), now)) {
      ownership_.want_plan(EventId{});
    }
    deaths_.advance(now);
    services_.advance(now);
    ownership_.advance(now);
    if (bus_.ready(redis::LinkRole::publisher)) {
      delivery_.send_due(fleet_, now);
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
  Delivery delivery_;
  Watch watch_;
  Ownership ownership_;
  Inbox inbox_;
  Intake intake_;
  DeathWatch deaths_;
  Services services_;
  Tenure tenure_;
  std::unique_ptr<Timer> timer_;

  std::optional<MonoTime> armed_for_;
  std::set<InstanceId> others_heard_;
  std::uint64_t rejected_ = 0;
  bool ending_ = false;
};

}  // namespace

std::unique_ptr<Orchestrator> make_orchestrator(Ports& ports,
                                                const OrchestratorSettings& settings) {
  return std::make_unique<OrchestratorProgram>(ports, settings);
}

}  // namespace arbees
