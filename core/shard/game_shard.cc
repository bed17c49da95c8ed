#include "core/shard/game_shard.h"

#include <array>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>

#include "core/alerts/alert_book.h"
#include "core/base/assert.h"
#include "core/shard/applied_commands.h"
#include "core/shard/beat_schedule.h"
#include "core/shard/events.h"
#include "core/shard/game_table.h"
#include "core/shard/identity.h"
#include "core/shard/lease.h"
#include "core/wire/channels.h"
#include "core/wire/events.h"
#include "core/wire/heartbeat.h"
#include "core/wire/shard_message.h"
#include "core/wire/timestamp.h"

namespace arbees {
namespace {

/// The last beat before the end, and its replies, get so long.
constexpr Duration farewell_patience = seconds{2};
constexpr const char* fenced_alert = "SHARD_FENCED";
/// What a shard works with beside Redis, by the names of the existing system.
constexpr std::array<std::string_view, 2> dependency_checks{"espn_api_ok", "zmq_ok"};

class GameShard final : public Program, private redis::BusHandler {
 public:
  GameShard(Ports& ports, const ShardSettings& settings, const Dependencies* dependencies)
      : ports_(ports),
        dependencies_(dependencies),
        settings_(settings),
        identity_(draw_identity(ports)),
        bus_(ports, settings_.redis, {{wire::command_channel(settings_.id), false}}, *this),
        games_(settings_.max_games, settings_.tombstone_life),
        beats_(settings_.heartbeat_interval, settings_.unanswered_repeat, settings_.applied_gap),
        timer_(ports.clock.make_timer([this] { on_timer(); })) {}

  void start() override {
    const EventId started =
        ports_.events.record(ShardStarted{settings_.id, identity_.boot, settings_.max_games,
                                          std::string(to_string(settings_.lease_mode))},
                             EventId{});
    next_signals_ = ports_.clock.now() + settings_.signal_period;
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

  /// Why a message is not followed, or nothing (ownership.md 3.3).
  std::optional<std::string> objection(const wire::Office& office, const wire::Addressee& to) {
    if (!to.boot.none() && to.boot != identity_.boot) {
      return "for another process of this shard";
    }
    if (office.term.none()) {
      return office_.term.none() ? std::nullopt : std::optional<std::string>("without a term");
    }
    if (office.term < office_.term) {
      return "of an earlier term";
    }
    if (office.term == office_.term && office.instance != office_.instance) {
      notice("DUPLICATE_ORCHESTRATOR", office.instance.str(),
             "two orchestrators speak in term " + std::to_string(office.term.value()) + ": " +
                 office_.instance.str() + " and " + office.instance.str());
      return "of another orchestrator in the same term";
    }
    return std::nullopt;
  }

  /// Grants of earlier terms are given up; the new term waits to hear that.
  void follow(const wire::Office& office) {
    if (office.term > office_.term) {
      office_ = office;
      applied_.begin_term(office.term);
      lease_.drop();
      beats_.want(ports_.clock.now(), "new_term");
    }
  }

  /// Another process was given this shard's name: it is the shard now.
  bool superseded_by(const wire::Office& office, const wire::Addressee& to) const {
    const bool speaks_for_us = office.term >= office_.term;
    return speaks_for_us && !to.boot.none() && to.boot != identity_.boot && !generation_.none() &&
           to.generation > generation_;
  }

  void end_superseded(const wire::Addressee& by, EventId cause) {
    stopping_ = true;
    const EventId superseded = ports_.events.record(
        ShardSuperseded{settings_.id, identity_.boot, by.boot, by.generation}, cause);
    for (const auto& [id, game] : games_.games()) {
      ports_.events.record(GameRemoved{settings_.id, id, game.epoch, "superseded"}, superseded);
    }
    games_.clear();
    notice("DUPLICATE_SHARD_ID", settings_.id.str(),
           "another process runs as " + settings_.id.str() + "; this one ends");
    ports_.process.exit(ExitCode::superseded, "another process runs as " + settings_.id.str());
  }

  /// Common to all messages: false if it is not for us to act on.
  bool heed(std::string_view type, CommandSeq seq, const wire::Office& office,
            const wire::Addressee& to, EventId cause) {
    if (superseded_by(office, to)) {
      end_superseded(to, cause);
      return false;
    }
    if (auto why = objection(office, to)) {
      ignore(type, seq, std::move(*why), cause);
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
    follow(office);
    if (to.boot == identity_.boot) {
      generation_ = std::max(generation_, to.generation);
    }
    return true;
  }

  // --- orders -----------------------------------------------------------------------------------

  /// A question and no order: what we run, and may emit for, under the term before. A new term whose store is a copy from before
  /// would otherwise silence what it does not know, and then find it silent.
  void on_order(const wire::RollCall& roll_call) {
    if (heed("roll_call", {}, roll_call.office, {}, roll_call.cause)) {
      beats_.want(ports_.clock.now(), "roll_call");
      beat_cause_ = roll_call.cause;
    }
  }

  void on_order(const wire::Grant& grant) {
    if (!accept("grant", {}, grant.office, grant.to, grant.cause)) {
      return;
    }
    if (!lease_.take(grant)) {
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
    update_fences(received);
  }

  void on_order(const wire::Command& command) {
    if (!accept(command.type(), command.number.seq, command.office, command.to, command.cause)) {
      return;
    }
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
        update_fences(beat_cause_);
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

  // --- the right to emit ------------------------------------------------------------------------

  /// Before any orchestrator spoke with a term nobody grants anything: the existing system's rules.
  [[nodiscard]] bool bound() const {
    return settings_.lease_mode != LeaseMode::off && !office_.term.none();
  }

  [[nodiscard]] std::expected<Duration, FenceReason> may_emit(const GameId& id,
                                                              const RunningGame& game) const {
    return bound() ? lease_.check(id, game.epoch, ports_.clock.now())
                   : std::expected<Duration, FenceReason>(Duration{0});
  }

  void update_fences(EventId cause) {
    std::vector<GameId> to_stop;
    bool lost_by_time = false;
    bool fenced = false;
    for (auto& [id, game] : games_.games()) {
      const auto right = may_emit(id, game);
      fenced = fenced || !right;
      if (right.has_value() == game.may_emit) {
        continue;
      }
      game.may_emit = right.has_value();
      if (right) {
        ports_.events.record(GameUnfenced{settings_.id, id, game.epoch}, cause);
        continue;
      }
      ports_.events.record(
          GameFenced{settings_.id, id, game.epoch, std::string(to_string(right.error()))}, cause);
      lost_by_time = lost_by_time || right.error() == FenceReason::lease_over;
      if (settings_.lease_mode == LeaseMode::stop && right.error() == FenceReason::lease_over) {
        to_stop.push_back(id);
      }
    }
    for (const GameId& id : to_stop) {
      const Epoch epoch = games_.games().at(id).epoch;
      games_.games().erase(id);
      ports_.events.record(GameRemoved{settings_.id, id, epoch, "lease over"}, cause);
    }
    if (lost_by_time) {
      raise(fenced_alert, settings_.id.str(),
            settings_.id.str() + " has no valid lease: it watches its games and emits nothing");
    } else if (!fenced) {
      resolve(fenced_alert, settings_.id.str(), cause);
    }
  }

  void emit_signals() {
    const MonoTime now = ports_.clock.now();
    while (next_signals_ <= now) {
      next_signals_ += settings_.signal_period;  // Missed ones are not made up for: they are stale.
    }
    for (auto& [id, game] : games_.games()) {
      // Read anew for each game, inside the emission: between two of them the process may have been
      // frozen for longer than the lease (H1).
      const auto right = may_emit(id, game);
      if (!right) {
        if (game.may_emit) {
          update_fences(EventId{});
        }
        continue;
      }
      game.last_signal = game.last_signal.next();
      const EventId emitted = ports_.events.record(
          SignalEmitted{settings_.id, identity_.boot, id, game.epoch, game.last_signal, *right},
          EventId{});
      ports_.signals.publish(
          {id, game.epoch, game.last_signal, settings_.id, identity_.boot, *right}, emitted);
    }
  }

  // --- heartbeats -------------------------------------------------------------------------------

  void beat(std::string_view why, EventId cause) {
    if (!bus_.ready(redis::LinkRole::publisher)) {
      beats_.suspend();
      return;
    }
    const MonoTime now = ports_.clock.now();
    update_fences(cause);
    hb_seq_ = hb_seq_.next();
    cause = look_at_dependencies(cause);
    const EventId sent = ports_.events.record(
        HeartbeatSent{settings_.id, hb_seq_, std::string(why), games_.games().size()}, cause);
    lease_.sent(hb_seq_, now);
    beats_.sent(now, bound());
    bus_.publish(
        {wire::heartbeat_channel(settings_.id), wire::encode(heartbeat(sent)), Duration{0}, {}},
        sent);
  }

  /// Records what changed; returns what the next beat is due to.
  EventId look_at_dependencies(EventId cause) {
    for (const std::string_view check : dependency_checks) {
      const std::optional<EventId> why =
          dependencies_ == nullptr ? std::nullopt : dependencies_->failing(check);
      if (why && failing_.emplace(check).second) {
        cause = ports_.events.record(DependencyFailed{settings_.id, std::string(check)}, *why);
      } else if (!why && failing_.erase(std::string(check)) > 0) {
        cause = ports_.events.record(DependencyRecovered{settings_.id, std::string(check)}, cause);
      }
    }
    return cause;
  }

  [[nodiscard]] wire::Heartbeat heartbeat(EventId cause) {
    wire::Heartbeat beat;
    beat.shard = settings_.id;
    beat.shard_type = settings_.type;
    beat.max_games = settings_.max_games;
    beat.timestamp = wire::to_rfc3339(ports_.clock.wall_now());
    beat.started_at = identity_.started_at;
    beat.process_id = identity_.process_id;
    beat.version = settings_.version;
    beat.status = stopping_ ? "stopping" : failing_.empty() ? "healthy" : "degraded";
    beat.checks.emplace("redis_ok", bus_.ready(redis::LinkRole::subscriber));
    for (const std::string_view check : dependency_checks) {
      beat.checks.emplace(check, !failing_.contains(std::string(check)));
    }
    beat.boot = identity_.boot;
    beat.hb_seq = hb_seq_;
    beat.interval = settings_.heartbeat_interval;
    beat.seen_term = office_.term;
    beat.seen_instance = office_.instance;
    if (!office_.term.none()) {
      beat.applied = applied_.report();
    }
    for (const auto& [id, game] : games_.games()) {
      beat.games.push_back(id);
      beat.epochs.emplace(id, game.epoch);
      if (bound() && !game.may_emit) {
        beat.fenced.push_back(id);
      }
    }
    const MonoTime now = ports_.clock.now();
    if (!beat.fenced.empty() && lease_.over() && *lease_.over() <= now) {
      // Said in the same beat that says fenced, and kept: grants on their way are not used any more.
      lease_.give_up(HeartbeatSeq(hb_seq_.value() - 1));
    } else if (!beat.fenced.empty() && !lease_.over()) {
      // Grants may be sent to us all the time and not arrive (C4): whoever moves our games waits for the last
      // of them. Younger ones may be on their way; on a slow network all of them always are.
      lease_.give_up_sent_until(now - settings_.heartbeat_interval);
    }
    beat.refused = games_.refused();
    beat.last_grant = lease_.newest();
    beat.void_upto = lease_.given_up();
    beat.leased = settings_.lease_mode != LeaseMode::off;
    beat.cause = cause;
    return beat;
  }

  // --- alerts -----------------------------------------------------------------------------------

  // Recorded, not published: what a shard alerts about is mostly that Redis does not reach it. The host
  // writes them to the log and to a file.
  void raise(const std::string& type, const std::string& subject, const std::string& text) {
    record_all(alerts_.raise(type, subject, text, EventId{}, ports_.clock.now()));
  }
  void notice(const std::string& type, const std::string& subject, const std::string& text) {
    record_all(alerts_.notice(type, subject, text, EventId{}, ports_.clock.now()));
  }
  void resolve(const std::string& type, const std::string& subject, EventId cause) {
    record_all(alerts_.resolve(type, subject, cause, ports_.clock.now()));
  }
  void record_all(const AlertChanges& changes) {
    for (const AlertChange& change : changes) {
      record(ports_.events, change);
    }
  }

  // --- time -------------------------------------------------------------------------------------

  void on_timer() {
    const MonoTime now = ports_.clock.now();
    record_all(alerts_.advance(now));
    if (lease_.over() && *lease_.over() <= now) {
      update_fences(EventId{});
    }
    if (next_signals_ <= now) {
      emit_signals();
    }
    if (const auto reconnect = reconnect_due(); reconnect && *reconnect <= now) {
      heard_at_ = now;
      bus_.reconnect("no grant for two heartbeats", EventId{});
    }
    after_step();
  }

  /// Linked and bound, yet no grant for two beats: the way back is broken somewhere that pings do not
  /// show, so both links are made anew (ownership.md 3.5, C4).
  [[nodiscard]] std::optional<MonoTime> reconnect_due() const {
    if (!bound() || !links_ready()) {
      return std::nullopt;
    }
    return std::max(granted_at_, heard_at_) + 2 * settings_.heartbeat_interval;
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
    MonoTime next = next_signals_;
    const auto consider = [&](std::optional<MonoTime> moment) {
      if (moment) {
        next = std::min(next, *moment);
      }
    };
    if (const auto due = beats_.next()) {
      consider(due->at);
    }
    if (lease_.over() && *lease_.over() > ports_.clock.now()) {
      consider(lease_.over());
    }
    consider(reconnect_due());
    consider(alerts_.deadline());
    timer_->arm(next);
  }

  Ports& ports_;
  const Dependencies* dependencies_;
  ShardSettings settings_;
  Identity identity_;
  redis::Bus bus_;
  GameTable games_;
  Lease lease_;
  AppliedCommands applied_;
  BeatSchedule beats_;
  AlertBook alerts_;
  std::unique_ptr<Timer> timer_;

  wire::Office office_;    ///< the highest term seen, and who speaks in it
  Generation generation_;  ///< ours, once we were told
  HeartbeatSeq hb_seq_;
  std::set<std::string> failing_;  ///< checks that the last beat said fail
  EventId beat_cause_;
  MonoTime next_signals_{};
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
