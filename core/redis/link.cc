#include "core/redis/link.h"

#include <utility>

#include "core/base/assert.h"
#include "core/redis/server_error.h"

namespace arbees::redis {
namespace {

// Beyond so many forbidden channels the rest is told by what is dropped alone.
constexpr std::size_t max_forbidden = 100;

// The order in which a server confirms them.
std::vector<Subscription> channels_first(std::vector<Subscription> subscriptions) {
  std::vector<Subscription> ordered;
  ordered.reserve(subscriptions.size());
  for (const bool pattern : {false, true}) {
    for (Subscription& subscription : subscriptions) {
      if (subscription.pattern == pattern) {
        ordered.push_back(std::move(subscription));
      }
    }
  }
  return ordered;
}

}  // namespace

Link::Link(Ports& ports, const BusSettings& settings, LinkRole role,
           std::vector<Subscription> subscriptions, LinkObserver& observer)
    : ports_(ports),
      settings_(settings),
      role_(role),
      subscriptions_(channels_first(std::move(subscriptions))),
      observer_(observer),
      backoff_(settings.backoff_base, settings.backoff_cap) {}

void Link::start(EventId cause) {
  ensure(std::holds_alternative<Idle>(state_), "a link is started once");
  last_event_ = cause;
  down_since_ = ports_.clock.now();
  begin_attempt(down_since_);
}

void Link::begin_attempt(MonoTime now) {
  ++attempts_;
  if (settings_.sentinel.in_use()) {
    state_.emplace<Resolving>(now);
  } else {
    connect(settings_.endpoint, now);
  }
}

void Link::connect(const Endpoint& endpoint, MonoTime now) {
  state_.emplace<Session>(settings_, role_, subscriptions_,
                          ports_.transport.connect(endpoint, *this), now);
}

void Link::reconnect(std::string_view why, EventId cause) {
  const MonoTime now = ports_.clock.now();
  if (ready()) {
    SessionEnd end;
    end.reason = "asked";
    end.detail = why;
    end.cause = cause;
    end_session(end, now);
  }
  if (std::holds_alternative<Waiting>(state_)) {
    begin_attempt(now);
  }
}

void Link::master_is(const MasterAnswer& answer, EventId cause) {
  if (const auto* waits = std::get_if<Resolving>(&state_)) {
    if (waits->since <= answer.asked) {
      attached_ = answer;
      tried_ = answer.master;
      connect(answer.master, ports_.clock.now());
    }
  } else if (std::holds_alternative<Session>(state_)) {
    master_switched(answer.master, cause);
  } else if (std::holds_alternative<Waiting>(state_) && tried_ && tried_ != answer.master) {
    begin_attempt(ports_.clock.now());  // what it waits for is not the master any more
  }
}

void Link::no_master(const SessionEnd& end) {
  if (resolving()) {
    attempt_failed(end, ports_.clock.now());
  }
}

void Link::master_switched(const Endpoint& to, EventId cause) {
  const MonoTime now = ports_.clock.now();
  if (std::holds_alternative<Session>(state_)) {
    ensure(attached_.has_value(), "who listens to sentinels connects where they say");
    if (attached_->master == to) {
      return;
    }
    SessionEnd end;
    end.reason = "switched";
    end.detail = "the master is " + to.host + ":" + std::to_string(to.port) + " now";
    end.cause = cause;
    end_session(end, now);
  }
  if (std::holds_alternative<Waiting>(state_)) {
    begin_attempt(now);
  }
}

std::vector<Published> Link::stop() {
  std::vector<Published> unanswered;
  if (auto* running = std::get_if<Session>(&state_)) {
    unanswered = running->take_unanswered();
  }
  state_.emplace<GivenUp>();
  return unanswered;
}

void Link::advance(MonoTime now) {
  if (auto* running = std::get_if<Session>(&state_)) {
    if (const std::optional<SessionEnd> end = running->advance(now)) {
      end_session(*end, now);
    }
  } else if (const auto* waiting = std::get_if<Waiting>(&state_);
             waiting != nullptr && now >= waiting->until) {
    begin_attempt(now);
  }
}

std::optional<MonoTime> Link::deadline() const {
  if (const auto* running = std::get_if<Session>(&state_)) {
    return running->deadline();
  }
  if (const auto* waiting = std::get_if<Waiting>(&state_)) {
    return waiting->until;
  }
  return std::nullopt;
}

bool Link::ready() const {
  const auto* running = std::get_if<Session>(&state_);
  return running != nullptr && running->ready();
}

std::optional<MonoTime> Link::judged_at() const {
  const auto* running = std::get_if<Session>(&state_);
  return running == nullptr ? std::nullopt : running->judged_at();
}

bool Link::has_room() const {
  const auto* running = std::get_if<Session>(&state_);
  return running != nullptr && running->has_room();
}

bool Link::idle() const {
  const auto* running = std::get_if<Session>(&state_);
  return running == nullptr || running->idle();
}

void Link::publish(Published published, std::string_view payload, MonoTime now) {
  session().publish(std::move(published), payload, now);
}

Session& Link::session() {
  auto* running = std::get_if<Session>(&state_);
  ensure(running != nullptr, "a connection speaks only while its session lives");
  return *running;
}

// What the transport says. -------------------------------------------------------------------------

void Link::on_connected() {
  session().connected();
  observer_.on_step_end();
}

void Link::on_data(std::string_view bytes) {
  const MonoTime now = ports_.clock.now();
  if (const std::optional<SessionEnd> end = session().data(bytes, now, *this)) {
    end_session(*end, now);
  }
  observer_.on_step_end();
}

void Link::on_drained() { observer_.on_step_end(); }

void Link::on_closed(CloseReason reason, std::string_view detail, EventId cause) {
  SessionEnd end;
  end.reason = to_string(reason);
  end.detail = detail;
  end.cause = cause;
  // Certificates and names are configuration, like a password: asking faster does not help.
  end.misconfigured = reason == CloseReason::untrusted;
  end_session(end, ports_.clock.now());
  observer_.on_step_end();
}

// What the session says. ---------------------------------------------------------------------------

void Link::on_session_ready() {
  const MonoTime now = ports_.clock.now();
  const EventId event = ports_.events.record(
      LinkReady{role_, std::exchange(attempts_, 0), now - down_since_}, last_event_);
  ready_since_ = now;
  was_ready_ = true;
  misconfigured_.clear();
  observer_.on_ready(role_, event);
}

void Link::on_session_message(std::string_view channel, std::string_view payload) {
  observer_.on_message(channel, payload);
}

void Link::on_session_message_refused(std::string_view channel, std::size_t bytes) {
  ports_.events.record(MessageRefused{presentable(channel, settings_), bytes}, EventId{});
}

void Link::on_session_answer(const Published& published, std::uint64_t receivers) {
  if (!forbidden_.empty()) {
    if (const auto found = forbidden_.find(published.channel); found != forbidden_.end()) {
      forbidden_.erase(found);
    }
  }
  observer_.on_answer(published, receivers);
}

void Link::on_session_refusal(const Published& published, std::string_view error) {
  // Once per channel, and again only after it worked: a shard's commands are sent again every 8 s, and a
  // reconnection mends no ACL. What concerns the link is told by its end.
  if (judge(error) == ServerError::refusal && !concerns_link(error) &&
      forbidden_.size() < max_forbidden && forbidden_.insert(published.channel).second) {
    ports_.events.record(
        LinkMisconfigured{role_, "PUBLISH to '" + presentable(published.channel, settings_) +
                                     "' was answered: " + presentable(error, settings_)},
        published.cause);
  }
  observer_.on_refusal(published, presentable(error, settings_));
}

// The end of a session, and what follows. ----------------------------------------------------------

void Link::end_session(const SessionEnd& end, MonoTime now) {
  if (ready()) {
    lost(end, now);
  } else {
    attempt_failed(end, now);
  }
}

void Link::lost(const SessionEnd& end, MonoTime now) {
  std::vector<Published> unanswered = session().take_unanswered();
  last_event_ = ports_.events.record(LinkLost{role_, end.reason, end.detail}, end.cause);
  down_since_ = now;
  backoff_.worked_for(now - ready_since_);
  if (end.misconfigured) {
    report_misconfigured(end.detail, last_event_);
  }
  attached_.reset();
  const EventId event = last_event_;
  wait(wait_after(end), now);
  observer_.on_lost(role_, event, std::move(unanswered));
}

void Link::attempt_failed(const SessionEnd& end, MonoTime now) {
  const std::optional<Duration> next = wait_after(end);
  // The attempt is made because the link was lost; what broke that is the loss's own cause.
  last_event_ = ports_.events.record(
      LinkAttemptFailed{role_, attempts_, end.reason, end.detail, next.value_or(Duration{0})},
      last_event_.none() ? end.cause : last_event_);
  if (end.misconfigured) {
    report_misconfigured(end.detail, last_event_);
  }
  // Not only a replica: who is cut off with a dead master goes on naming it.
  if (const auto wrong = std::exchange(attached_, std::nullopt);
      wrong.has_value() && end.reason != "switched") {
    observer_.on_wrong_master(wrong->sentinel);
  }
  wait(next, now);
}

std::optional<Duration> Link::wait_after(const SessionEnd& end) {
  if (settings_.reconnect_attempts.has_value()) {
    // The very first connection is no reconnection.
    const std::uint64_t first = was_ready_ ? 0 : 1;
    if (attempts_ >= first && attempts_ - first >= *settings_.reconnect_attempts) {
      return std::nullopt;
    }
  }
  if (end.misconfigured) {
    return settings_.refused_wait;
  }
  if (end.reason == "asked" || end.reason == "switched") {
    return Duration{0};
  }
  return backoff_.next(ports_.entropy);
}

void Link::wait(std::optional<Duration> wait, MonoTime now) {
  if (wait.has_value()) {
    state_.emplace<Waiting>(now + *wait);
    return;
  }
  state_.emplace<GivenUp>();
  last_event_ = ports_.events.record(LinkGivenUp{role_, attempts_}, last_event_);
}

void Link::report_misconfigured(std::string_view detail, EventId cause) {
  if (misconfigured_ == detail) {
    return;
  }
  misconfigured_ = detail;
  ports_.events.record(LinkMisconfigured{role_, misconfigured_}, cause);
}

}  // namespace arbees::redis
