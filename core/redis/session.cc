#include "core/redis/session.h"

#include <algorithm>
#include <utility>

#include "core/base/assert.h"
#include "core/redis/command.h"
#include "core/redis/server_error.h"

namespace arbees::redis {
namespace {

constexpr std::size_t max_awaited = 1'024;
// Above this the bytes are better kept in the outbox, where they can still expire.
constexpr std::size_t max_queued_bytes = 1U << 20U;
/// What a PUBLISH takes beside its channel and payload; one of a huge payload takes some digits more.
constexpr std::size_t publish_frame_size = 40;

std::string in_ms(Duration span) {
  return std::to_string(std::chrono::duration_cast<milliseconds>(span).count()) + " ms";
}

/// One SUBSCRIBE and one PSUBSCRIBE, in this order: confirmations come in the order asked for.
std::string subscribe_request(std::span<const Subscription> subscriptions) {
  std::string out;
  for (const bool pattern : {false, true}) {
    std::vector<std::string_view> words{pattern ? "PSUBSCRIBE" : "SUBSCRIBE"};
    for (const Subscription& subscription : subscriptions) {
      if (subscription.pattern == pattern) {
        words.emplace_back(subscription.name);
      }
    }
    if (words.size() > 1) {
      append_command(out, words);
    }
  }
  return out;
}

}  // namespace

Session::Session(const BusSettings& settings, LinkRole role,
                 std::span<const Subscription> subscriptions,
                 std::unique_ptr<Connection> connection, MonoTime now)
    : settings_(settings),
      role_(role),
      subscriptions_(subscriptions),
      connection_(std::move(connection)),
      attempt_deadline_(now + settings.connect_deadline) {}

void Session::connected() {
  ensure(std::holds_alternative<Connecting>(phase_), "a connection is opened once");
  Handshaking next{Handshake{settings_}};
  connection_->write(next.handshake.request(settings_));
  phase_ = std::move(next);
}

std::optional<SessionEnd> Session::data(std::string_view bytes, MonoTime now,
                                        SessionOutput& output) {
  if (auto* state = std::get_if<Ready>(&phase_)) {
    state->pings.on_bytes(now);
  }
  reader_.feed(bytes);
  while (true) {
    const auto reply = reader_.next();
    if (!reply) {
      return garbage(reply.error().what);
    }
    if (*reply == nullptr) {
      return std::nullopt;
    }
    if (std::optional<SessionEnd> end = take(**reply, now, output)) {
      return end;
    }
  }
}

std::optional<SessionEnd> Session::take(const Reply& reply, MonoTime now, SessionOutput& output) {
  if (auto* state = std::get_if<Handshaking>(&phase_)) {
    if (std::optional<SessionEnd> end = state->handshake.take(reply, settings_)) {
      return end;
    }
    if (state->handshake.done()) {
      after_handshake(now, output);
    }
    return std::nullopt;
  }
  if (auto* state = std::get_if<Ready>(&phase_)) {
    state->pings.on_frame(now);
  }
  return role_ == LinkRole::subscriber ? take_push(reply, now, output) : take_answer(reply, output);
}

void Session::after_handshake(MonoTime now, SessionOutput& output) {
  if (subscriptions_.empty()) {
    become_ready(now, output);
    return;
  }
  phase_ = Subscribing{};
  connection_->write(subscribe_request(subscriptions_));
}

void Session::become_ready(MonoTime now, SessionOutput& output) {
  phase_ = Ready{PingClock{settings_, now}, {}};
  output.on_session_ready();
}

// What a subscribed connection says (RESP2): arrays whose first element names them. Its answer to PING is
// one of them, `["pong", ""]`, unless it is subscribed to nothing.
std::optional<SessionEnd> Session::take_push(const Reply& reply, MonoTime now,
                                             SessionOutput& output) {
  if (reply.is(Reply::Kind::error)) {
    return ready() && answers_ping(reply.text) ? take_pong()
                                               : refused_by_server(asked(), reply.text, settings_);
  }
  if (reply.is_status("PONG") && subscriptions_.empty()) {
    return take_pong();
  }
  const std::vector<Reply>& parts = reply.elements;
  if (!reply.is(Reply::Kind::array) || parts.empty() || !parts[0].is(Reply::Kind::bulk)) {
    return garbage("a subscribed connection says " + std::string{to_string(reply.kind)} +
                   " where a named array was expected");
  }
  const std::string& name = parts[0].text;
  const std::size_t first = name == "pmessage" ? 2 : 1;  // where the channel stands
  if ((name == "message" || name == "pmessage") && parts.size() == first + 2 &&
      parts[first].is(Reply::Kind::bulk)) {
    const Reply& payload = parts[first + 1];
    if (payload.is(Reply::Kind::bulk)) {
      output.on_session_message(parts[first].text, payload.text);
      return std::nullopt;
    }
    if (payload.is(Reply::Kind::oversized)) {
      output.on_session_message_refused(parts[first].text,
                                        static_cast<std::size_t>(payload.integer));
      return std::nullopt;
    }
  }
  if (name == "subscribe" || name == "psubscribe") {
    return take_confirmation(reply, name == "psubscribe", now, output);
  }
  if (name == "pong" && parts.size() == 2) {
    return take_pong();
  }
  return garbage("a subscribed connection says '" + presentable(name, settings_) + "' of " +
                 std::to_string(parts.size()) + " elements");
}

std::optional<SessionEnd> Session::take_pong() {
  if (auto* state = std::get_if<Ready>(&phase_)) {
    state->pings.on_pong();
  }
  return std::nullopt;
}

// What an error on a subscribed connection is the answer to. An ACL judges a command as a whole: one
// forbidden name takes the others of its command along, so all are named.
std::string Session::asked() const {
  const auto* state = std::get_if<Subscribing>(&phase_);
  if (state == nullptr) {
    return "PING";
  }
  const bool pattern = subscriptions_[state->confirmed].pattern;
  std::string text{pattern ? "PSUBSCRIBE" : "SUBSCRIBE"};
  for (const Subscription& subscription : subscriptions_) {
    if (subscription.pattern == pattern) {
      text.append(" ").append(subscription.name);
    }
  }
  return text;
}

std::optional<SessionEnd> Session::take_confirmation(const Reply& reply, bool pattern, MonoTime now,
                                                     SessionOutput& output) {
  auto* state = std::get_if<Subscribing>(&phase_);
  if (state == nullptr) {
    return garbage("a subscription is confirmed that nobody waits for");
  }
  const Subscription& expected = subscriptions_[state->confirmed];
  if (reply.elements.size() != 3 || !reply.elements[1].is(Reply::Kind::bulk) ||
      reply.elements[1].text != expected.name || pattern != expected.pattern) {
    return garbage("the confirmation of '" + expected.name + "' was expected, another one came");
  }
  if (++state->confirmed == subscriptions_.size()) {
    become_ready(now, output);
  }
  return std::nullopt;
}

std::optional<SessionEnd> Session::take_answer(const Reply& reply, SessionOutput& output) {
  auto* state = std::get_if<Ready>(&phase_);
  if (state == nullptr || state->awaited.empty()) {
    return reply.is(Reply::Kind::error)
               ? refused_by_server("nothing", reply.text, settings_)
               : garbage("a reply that nobody waits for: " + std::string{to_string(reply.kind)});
  }
  const Awaited awaited = std::move(state->awaited.front());
  state->awaited.pop_front();
  const auto* published = std::get_if<Published>(&awaited.what);
  if (published == nullptr) {
    if (reply.is_status("PONG") || (reply.is(Reply::Kind::error) && answers_ping(reply.text))) {
      return take_pong();
    }
    return reply.is(Reply::Kind::error)
               ? refused_by_server("PING", reply.text, settings_)
               : garbage("PING was answered by " + std::string{to_string(reply.kind)});
  }
  if (reply.is(Reply::Kind::integer) && reply.integer >= 0) {
    output.on_session_answer(*published, static_cast<std::uint64_t>(reply.integer));
    return std::nullopt;
  }
  if (!reply.is(Reply::Kind::error)) {
    return garbage("PUBLISH was answered by " + std::string{to_string(reply.kind)});
  }
  output.on_session_refusal(*published, reply.text);
  // An ACL that forbids one channel must not take the others along.
  if (concerns_link(reply.text)) {
    SessionEnd end = refused_by_server("PUBLISH", reply.text, settings_);
    end.cause = published->cause;
    return end;
  }
  return std::nullopt;
}

std::optional<SessionEnd> Session::advance(MonoTime now) {
  auto* state = std::get_if<Ready>(&phase_);
  if (state == nullptr) {
    return now >= attempt_deadline_ ? attempt_late() : std::nullopt;
  }
  if (std::optional<SessionEnd> end = state->pings.verdict(now)) {
    return end;
  }
  if (const Awaited* oldest = oldest_publication(*state); oldest != nullptr && now >= oldest->due) {
    const auto& published = std::get<Published>(oldest->what);
    return SessionEnd{"reply_late",
                      "PUBLISH to '" + presentable(published.channel, settings_) +
                          "' unanswered for " + in_ms(settings_.reply_deadline),
                      published.cause};
  }
  if (state->pings.ping_due(now)) {
    ping(*state, now);
  }
  return std::nullopt;
}

void Session::ping(Ready& state, MonoTime now) {
  std::string request;
  append_command(request, {"PING"});
  connection_->write(request);
  state.pings.on_pinged(now);
  if (role_ == LinkRole::publisher) {
    state.awaited.push_back({Ping{}, MonoTime::max()});
  }
}

MonoTime Session::deadline() const {
  const auto* state = std::get_if<Ready>(&phase_);
  if (state == nullptr) {
    return attempt_deadline_;
  }
  const MonoTime quiet = state->pings.deadline();
  const Awaited* oldest = oldest_publication(*state);
  return oldest == nullptr ? quiet : std::min(quiet, oldest->due);
}

std::optional<MonoTime> Session::judged_at() const {
  const auto* state = std::get_if<Ready>(&phase_);
  return state == nullptr ? std::nullopt : state->pings.judged_at();
}

// One PING at most can stand before it.
const Session::Awaited* Session::oldest_publication(const Ready& state) {
  for (const Awaited& awaited : state.awaited) {
    if (std::holds_alternative<Published>(awaited.what)) {
      return &awaited;
    }
  }
  return nullptr;
}

std::optional<SessionEnd> Session::attempt_late() const {
  const std::string limit = in_ms(settings_.connect_deadline);
  if (std::holds_alternative<Connecting>(phase_)) {
    return SessionEnd{"connect_late", "not connected within " + limit, {}};
  }
  if (const auto* state = std::get_if<Subscribing>(&phase_)) {
    return SessionEnd{
        "subscribe_late",
        "'" + subscriptions_[state->confirmed].name + "' was not confirmed within " + limit,
        {}};
  }
  return SessionEnd{
      "handshake_late", "connected, but the server did not answer within " + limit, {}};
}

bool Session::has_room() const {
  const auto* state = std::get_if<Ready>(&phase_);
  return state != nullptr && state->awaited.size() < max_awaited &&
         connection_->queued_bytes() < max_queued_bytes;
}

void Session::publish(Published published, std::string_view payload, MonoTime now) {
  auto* state = std::get_if<Ready>(&phase_);
  ensure(state != nullptr && role_ == LinkRole::publisher, "only a ready publisher publishes");
  std::string request;
  request.reserve(published.channel.size() + payload.size() + publish_frame_size);
  append_command(request, {"PUBLISH", published.channel, payload});
  connection_->write(request);
  state->awaited.push_back({std::move(published), now + settings_.reply_deadline});
}

std::vector<Published> Session::take_unanswered() {
  std::vector<Published> unanswered;
  if (auto* state = std::get_if<Ready>(&phase_)) {
    for (Awaited& awaited : std::exchange(state->awaited, {})) {
      if (auto* published = std::get_if<Published>(&awaited.what)) {
        unanswered.push_back(std::move(*published));
      }
    }
  }
  return unanswered;
}

bool Session::idle() const {
  const auto* state = std::get_if<Ready>(&phase_);
  return state == nullptr || oldest_publication(*state) == nullptr;
}

}  // namespace arbees::redis
