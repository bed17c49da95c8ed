#include "core/shard/game_shard.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "core/shard/allegiance.h"
#include "core/shard/applied_commands.h"
#include "core/shard/beat_schedule.h"
#include "core/shard/emission.h"
#include "core/shard/events.h"
#include "core/shard/game_table.h"
#include "core/shard/identity.h"
#include "core/shard/recorded_alerts.h"
#include "core/shard/self_report.h"
#include "core/wire/channels.h"
#include "core/wire/events.h"
#include "core/wire/heartbeat.h"
#include "core/wire/shard_message.h"

namespace arbees {
namespace {

/// The last beat before the end, and its replies, get so long.
constexpr Duration farewell_patience = seconds{2};

class GameShard final : public Program, private redis::BusHandler {
 public:
  GameShard(Ports& ports, const ShardSettings& settings, const Dependencies* dependencies)
      : ports_(ports),
        settings_(settings),
        identity_(draw_identity(ports)),
        bus_(ports, settings_.redis, {{wire::command_channel(settings_.id), false}}, *this),
        games_(settings_.max_games, settings_.tombstone_life),
        alerts_(ports),
        allegiance_(identity_.boot),
        emission_(ports, settings_, identity_.boot, allegiance_, games_, alerts_),
        report_(ports, {settings_, identity_, allegiance_, applied_, games_, emission_},
                dependencies),
        beats_(settings_.heartbeat_interval, settings_.unanswered_repeat, settings_.applied_gap),
        timer_(ports.clock.make_timer([this] { on_timer(); })) {}

  void start() override {
    const EventId started =
        ports_.events.record(ShardStarted{settings_.id, identity_.boot, settings_.max_games,
                                          std::string(to_string(settings_.lease_mode))},
                             EventId{});
    emission_.start();
    bus_.start(started);
    arm();
  }

  void terminate() override {
    if (stopping_) {
      return;
    }
    stopping_ = true;
    const EventId stopping =
        ports_.events.record(ShardStopping{settings_.id, games_.games().size()}, EventId{});
    for (const auto& [id, game] : games_.games()) {
      ports_.events.record(GameRemoved{settings_.id, id, game.epoch, "stopping"}, stopping);
    }
    games_.clear();
    beat("stopping", stopping);
    bus_.finish(farewell_patience, [this] { ports_.process.exit(ExitCode::ok, "asked to"); });
    timer_->disarm();
  }

 private:
  // --- the bus ----------------------------------------------------------------------------------

  void on_link_ready(redis::LinkRole /*role*/, EventId cause) override {
    if (stopping_ || !links_ready()) {
      return;
    }
    beats_.want(ports_.clock.now(), "reconnected");
    beat_cause_ = cause;
    heard_at_ = ports_.clock.now();
    after_step();
  }

  void on_link_lost(redis::LinkRole role, EventId /*cause*/) override {
    if (role == redis::LinkRole::publisher) {
      beats_.suspend();
    }
    after_step();
  }

  void on_published(const redis::PublicationResult& /*result*/) override {}

  void on_message(std::string_view channel, std::string_view payload) override {
    if (stopping_) {
      return;
    }
    const auto message = wire::decode_shard_message(payload);
    if (!message) {
      ports_.events.record(
          wire::MessageRejected{std::string(channel), message.error(), payload.size(), ++rejected_},
          EventId{});
      return;
    }
    std::visit([this](const auto& known) { on_order(known); }, *message);
    after_step();
  }

  [[nodiscard]] bool links_ready() const {
    return bus_.ready(redis::LinkRole::publisher) && bus_.ready(redis::LinkRole::subscriber);
  }

  // --- who speaks -------------------------------------------------------------------------------

  void ignore(std::string_view type, CommandSeq seq, std::string why, EventId cause) {
    ports_.events.record(CommandIgnored{settings_.id, std::string(type), seq, std::move(why)},
                         cause);
  }

  void end_superseded(const wire::Addressee& by, EventId cause) {
    stopping_ = true;
    const EventId superseded = ports_.events.record(
        ShardSuperseded{settings_.id, identity_.boot, by.boot, by.generation}, cause);
    for (const auto& [id, game] : games_.games()) {
      ports_.events.record(GameRemoved{settings_.id, id, game.epoch, "superseded"}, superseded);
    }
    games_.clear();
    alerts_.notice("DUPLICATE_SHARD_ID", settings_.id.str(),
                   "another process runs as " + settings_.id.str() + "; this one ends");
    ports_.process.exit(ExitCode::superseded, "another process runs as " + settings_.id.str());
  }

  void tell_of_rivals(const wire::Office& followed, const wire::Office& other) {
    alerts_.notice("DUPLICATE_ORCHESTRATOR", other.instance.str(),
                   "two orchestrators speak in term " + std::to_string(other.term.value()) + ": " +
                       followed.instance.str() + " and " + other.instance.str());
  }

  /// Common to all messages: false if it is not for us to act on.
  bool heed(std::string_view type, CommandSeq seq, const wire::Office& office,
            const wire::Addressee& to, EventId cause) {
    if (allegiance_.superseded_by(office, to)) {
      end_superseded(to, cause);
      return false;
    }
    if (const auto objection = allegiance_.objection(office, to)) {
      if (objection == Objection::rival) {
        tell_of_rivals(allegiance_.office(), office);
      }
      ignore(type, seq, std::string(to_string(*objection)), cause);
      return false;
    }
    heard_at_ = ports_.clock.now();
    return true;
  }

  /// Common to orders: they bind us to their term.
  bool accept(std::string_view type, CommandSeq seq, const wire::Office& office,
              const wire::Addressee& to, EventId cause) {
    if (!heed(type, seq, office, to, cause)) {
      return false;
    }
    if (allegiance_.follow(office, to)) {
      begin_term(office.term);
    }
    return true;
  }

  /// Grants of earlier terms are given up; the new term waits to hear that.
  void begin_term(Term term) {
    applied_.begin_term(term);
    emission_.lease().drop();
    beats_.want(ports_.clock.now(), "new_term");
  }

  // --- orders -----------------------------------------------------------------------------------

  /// A question and no order: what we run, and may emit for, under the term before. A new term whose store is a copy from before
  /// would otherwise silence what it does not know, and then find it silent.
  void on_order(const wire::RollCall& roll_call) {
    if (heed("roll_call", {}, roll_call.office, {}, roll_call.cause)) {
      allegiance_.hear_question(roll_call.office.instance);
      beats_.want(ports_.clock.now(), "roll_call");
      beat_cause_ = roll_call.cause;
    }
  }

  void on_order(const wire::Grant& grant) {
    if (!accept("grant", {}, grant.office, grant.to, grant.cause)) {
      return;
    }
    allegiance_.hear_epoch(grant.newest_epoch);
    if (!emission_.lease().take(grant)) {
      ignore("grant", {}, "answers a beat that does not count any more", grant.cause);
      return;
    }
    if (grant.hb_seq == hb_seq_) {
      beats_.answered();
    }
    granted_at_ = ports_.clock.now();
    const EventId received = ports_.events.record(
        GrantReceived{settings_.id, grant.office.term, grant.hb_seq, grant.games.size()},
        grant.cause);
    emission_.update_fences(received);
  }

  void on_order(const wire::Command& command) {
    if (!accept(command.type(), command.number.seq, command.office, command.to, command.cause)) {
      return;
    }
    allegiance_.hear_epoch(command.epoch());
    const CommandSeq seq = command.number.seq;
    applied_.lift(command.number.floor);
    if (!seq.none() && applied_.contains(seq)) {
      // It was resent because our answer was lost: answer again, apply once.
      beats_.want_after_command(ports_.clock.now());
      beat_cause_ = command.cause;
      return;
    }
    if (const auto* add = std::get_if<wire::AddGame>(&command.order)) {
      apply(*add, seq, command.cause);
    } else {
      apply(std::get<wire::RemoveGame>(command.order), seq, command.cause);
    }
    if (!seq.none()) {
      applied_.add(seq);
    }
    beats_.want_after_command(ports_.clock.now());
  }

  void apply(const wire::AddGame& add, CommandSeq seq, EventId cause) {
    switch (games_.add(add.game, add.epoch, ports_.clock.now())) {
      case AddOutcome::added:
      case AddOutcome::updated:
        beat_cause_ = ports_.events.record(GameAdded{settings_.id, add.game.id, add.epoch}, cause);
        emission_.update_fences(beat_cause_);
        break;
      case AddOutcome::refused_full:
        beat_cause_ = ports_.events.record(
            GameRefused{settings_.id, add.game.id, add.epoch,
                        "full with " + std::to_string(settings_.max_games) + " games"},
            cause);
        break;
      case AddOutcome::stale:
        ignore("add_game", seq, "a newer order for game " + add.game.id.str() + " was applied",
               cause);
        break;
    }
  }

  void apply(const wire::RemoveGame& remove, CommandSeq seq, EventId cause) {
    switch (games_.remove(remove.game, remove.epoch, ports_.clock.now())) {
      case RemoveOutcome::removed:
        beat_cause_ = ports_.events.record(
            GameRemoved{settings_.id, remove.game, remove.epoch, "ordered"}, cause);
        break;
      case RemoveOutcome::not_running: beat_cause_ = cause; break;
      case RemoveOutcome::stale:
        ignore("remove_game", seq, "game " + remove.game.str() + " is run with a newer epoch",
               cause);
        break;
    }
  }

  // --- heartbeats -------------------------------------------------------------------------------

  void beat(std::string_view why, EventId cause) {
    if (!bus_.ready(redis::LinkRole::publisher)) {
      beats_.suspend();
      return;
    }
    const MonoTime now = ports_.clock.now();
    emission_.update_fences(cause);
    hb_seq_ = hb_seq_.next();
    cause = report_.look_at_dependencies(cause);
    const EventId sent = ports_.events.record(
        HeartbeatSent{settings_.id, hb_seq_, std::string(why), games_.games().size()}, cause);
    emission_.lease().sent(hb_seq_, now);
    beats_.sent(now, emission_.bound());
    const wire::Heartbeat heartbeat =
        report_.heartbeat({hb_seq_, bus_.ready(redis::LinkRole::subscriber), stopping_}, sent);
    bus_.publish({wire::heartbeat_channel(settings_.id), wire::encode(heartbeat), Duration{0}, {}},
                 sent);
  }

  // --- time -------------------------------------------------------------------------------------

  void on_timer() {
    const MonoTime now = ports_.clock.now();
    alerts_.advance(now);
    emission_.advance(now);
    if (const auto reconnect = reconnect_due(); reconnect && *reconnect <= now) {
      heard_at_ = now;
      bus_.reconnect("no grant for two heartbeats", EventId{});
    }
    after_step();
  }

  /// Linked and bound, yet no grant for two beats: the way back is broken somewhere that pings do not
  /// show, so both links are made anew (ownership.md 3.5, C4).
  [[nodiscard]] std::optional<MonoTime> reconnect_due() const {
    if (!emission_.bound() || !links_ready()) {
      return std::nullopt;
    }
    const MonoTime due = std::max(granted_at_, heard_at_) + 2 * settings_.heartbeat_interval;
    // A PING that waits may show it yet: then one link is lost, and the shard goes on to be heard.
    const auto judged = bus_.judged_at(redis::LinkRole::subscriber);
    return judged ? std::max(due, *judged + Duration{1}) : due;
  }

  void after_step() {
    if (stopping_) {
      return;
    }
    const auto due = beats_.next();
    if (due && due->at <= ports_.clock.now()) {
      beat(due->why, std::exchange(beat_cause_, EventId{}));
    }
    arm();
  }

  void arm() {
    MonoTime next = emission_.deadline();
    const auto consider = [&](std::optional<MonoTime> moment) {
      if (moment) {
        next = std::min(next, *moment);
      }
    };
    if (const auto due = beats_.next()) {
      consider(due->at);
    }
    consider(reconnect_due());
    consider(alerts_.deadline());
    timer_->arm(next);
  }

  Ports& ports_;
  ShardSettings settings_;
  Identity identity_;
  redis::Bus bus_;
  GameTable games_;
  RecordedAlerts alerts_;
  Allegiance allegiance_;
  AppliedCommands applied_;
  Emission emission_;
  SelfReport report_;
  BeatSchedule beats_;
  std::unique_ptr<Timer> timer_;

  HeartbeatSeq hb_seq_;
  EventId beat_cause_;
  MonoTime granted_at_{};
  MonoTime heard_at_{};  ///< the last message from the orchestrator, or the last reconnect
  std::uint64_t rejected_ = 0;
  bool stopping_ = false;
};

}  // namespace

std::unique_ptr<Program> make_game_shard(Ports& ports, const ShardSettings& settings,
                                         const Dependencies* dependencies) {
  return std::make_unique<GameShard>(ports, settings, dependencies);
}

}  // namespace arbees
