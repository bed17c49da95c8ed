#include "core/redis/master_watch.h"

#include <array>
#include <charconv>
#include <utility>

#include "core/base/assert.h"
#include "core/redis/command.h"
#include "core/redis/events.h"
#include "core/redis/server_error.h"

namespace arbees::redis {
namespace {

constexpr std::string_view switch_channel = "+switch-master";

std::string text_of(const Endpoint& endpoint) {
  return endpoint.host + ":" + std::to_string(endpoint.port);
}

std::optional<Endpoint> endpoint_of(std::string_view host, std::string_view port) {
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (host.empty() || error != std::errc{} || end != port.data() + port.size() || number == 0) {
    return std::nullopt;
  }
  return Endpoint{Endpoint::Kind::tcp, std::string{host}, number};
}

}  // namespace

MasterWatch::MasterWatch(Ports& ports, const BusSettings& settings, MasterObserver& observer)
    : ports_(ports),
      settings_(settings),
      observer_(observer),
      backoff_(settings.backoff_base, settings.backoff_cap),
      reported_(settings.sentinel.sentinels.size()) {
  ensure(settings.sentinel.in_use(), "a master is asked for where there is a sentinel to ask");
}

void MasterWatch::ask() {
  if (phase_ != Phase::asking && phase_ != Phase::stopped) {
    begin_round();
  }
}

void MasterWatch::distrust(std::size_t sentinel) {
  if (sentinel == next_) {
    next_ = (next_ + 1) % settings_.sentinel.sentinels.size();
  }
}

void MasterWatch::stop() {
  connection_.reset();
  phase_ = Phase::stopped;
}

void MasterWatch::begin_round() {
  if (phase_ == Phase::watching) {
    backoff_.worked_for(ports_.clock.now() - watching_since_);
  }
  failures_ = 0;
  all_refused_ = true;
  dial();
}

void MasterWatch::dial() {
  phase_ = Phase::asking;
  reader_ = RespReader{};
  replies_ = 0;
  asked_.reset();
  named_.reset();
  talking_ = next_;
  due_ = ports_.clock.now() + settings_.connect_deadline;
  connection_ = ports_.transport.connect(settings_.sentinel.sentinels[talking_], *this);
}

void MasterWatch::advance(MonoTime now) {
  if (phase_ == Phase::waiting && now >= due_) {
    begin_round();
  } else if (phase_ == Phase::asking && now >= due_) {
    ended({asked_.has_value() ? "reply_late" : "connect_late",
           "no answer within the deadline of a connection",
           {}});
  } else if (phase_ == Phase::watching) {
    if (std::optional<SessionEnd> end = pings_->verdict(now)) {
      ended(*std::move(end));
    } else if (pings_->ping_due(now)) {
      std::string request;
      append_command(request, {"PING"});
      connection_->write(request);
      pings_->on_pinged(now);
    }
  }
}

std::optional<MonoTime> MasterWatch::deadline() const {
  switch (phase_) {
    case Phase::asking:
    case Phase::waiting: return due_;
    case Phase::watching: return pings_->deadline();
    case Phase::idle:
    case Phase::stopped: return std::nullopt;
  }
  return std::nullopt;
}

// What the transport says. -------------------------------------------------------------------------

void MasterWatch::on_connected() {
  asked_ = ports_.clock.now();
  std::string request;
  if (!settings_.sentinel.password.empty()) {
    append_command(request, {"AUTH", settings_.sentinel.password});
  }
  append_command(request, {"SENTINEL", "get-master-addr-by-name", settings_.sentinel.master});
  append_command(request, {"SUBSCRIBE", switch_channel});
  connection_->write(request);
  observer_.on_step_end();
}

void MasterWatch::on_data(std::string_view bytes) {
  const MonoTime now = ports_.clock.now();
  if (phase_ == Phase::watching) {
    pings_->on_bytes(now);
  }
  reader_.feed(bytes);
  std::optional<SessionEnd> end;
  while (!end.has_value()) {
    const auto reply = reader_.next();
    if (!reply) {
      end = garbage(reply.error().what);
    } else if (*reply == nullptr) {
      break;
    } else {
      end = take(**reply, now);
    }
  }
  if (end.has_value()) {
    ended(*std::move(end));
  }
  observer_.on_step_end();
}

void MasterWatch::on_closed(CloseReason reason, std::string_view detail, EventId cause) {
  ended({std::string{to_string(reason)}, std::string{detail}, cause});
  observer_.on_step_end();
}

// What the sentinel says. --------------------------------------------------------------------------

std::optional<SessionEnd> MasterWatch::take(const Reply& reply, MonoTime now) {
  if (phase_ == Phase::watching) {
    pings_->on_frame(now);
    return take_subscribed(reply);
  }
  if (reply.is(Reply::Kind::error)) {
    SessionEnd end = refused_by_server("a question for the master", reply.text, settings_);
    // A plain error says that it is no Sentinel, or that it was given a password it does not want.
    end.misconfigured |= judge(reply.text) == ServerError::about_the_command;
    return end;
  }
  const std::size_t step = replies_++ + (settings_.sentinel.password.empty() ? 1 : 0);
  if (step == 0) {
    return reply.is_status("OK") ? std::nullopt
                                 : std::optional{garbage("AUTH was answered by something else")};
  }
  if (step == 1) {
    return take_name(reply);
  }
  if (!reply.is(Reply::Kind::array) || reply.elements.size() != 3 ||
      reply.elements[0].text != "subscribe" || reply.elements[1].text != switch_channel) {
    return garbage("the confirmation of '" + std::string{switch_channel} + "' was expected");
  }
  answered(now);
  return std::nullopt;
}

std::optional<SessionEnd> MasterWatch::take_name(const Reply& reply) {
  if (reply.is(Reply::Kind::nil)) {
    return SessionEnd{
        "unknown_master",
        "it watches no master named '" + settings_.sentinel.master +
            "': the name behind the hosts in REDIS_URL must be one of SENTINEL MASTERS",
        {},
        true};
  }
  if (reply.is(Reply::Kind::array) && reply.elements.size() == 2) {
    named_ = endpoint_of(reply.elements[0].text, reply.elements[1].text);
  }
  return named_.has_value() ? std::nullopt
                            : std::optional{garbage("the address of the master is none")};
}

std::optional<SessionEnd> MasterWatch::take_subscribed(const Reply& reply) {
  if (reply.is(Reply::Kind::error)) {
    return refused_by_server("PING", reply.text, settings_);
  }
  const std::vector<Reply>& parts = reply.elements;
  if (parts.size() == 2 && parts[0].text == "pong") {
    pings_->on_pong();
    return std::nullopt;
  }
  if (parts.size() == 3 && parts[0].text == "message" && parts[1].text == switch_channel) {
    take_switch(parts[2].text);
    return std::nullopt;
  }
  return garbage("a subscribed sentinel says " + std::string{to_string(reply.kind)});
}

// "<name> <old host> <old port> <new host> <new port>"; a sentinel may watch other masters as well.
void MasterWatch::take_switch(std::string_view message) {
  std::array<std::string_view, 5> words;
  for (std::string_view& word : words) {
    const std::size_t blank = message.find(' ');
    word = message.substr(0, blank);
    message = blank == std::string_view::npos ? std::string_view{} : message.substr(blank + 1);
  }
  const std::optional<Endpoint> to = endpoint_of(words[3], words[4]);
  if (words[0] != settings_.sentinel.master || !to.has_value() || to == master_) {
    return;
  }
  observer_.on_master_switched(*to, note_switch(*to, "told", EventId{}));
}

void MasterWatch::answered(MonoTime now) {
  phase_ = Phase::watching;
  watching_since_ = now;
  pings_.emplace(settings_, now);
  reported_[talking_].clear();
  EventId event = ports_.events.record(
      MasterResolved{settings_.sentinel.master, named_->host, named_->port, sentinel_name()},
      EventId{});
  if (master_.has_value() && master_ != named_) {
    event = note_switch(*named_, "asked", event);
  }
  master_ = named_;
  observer_.on_master({*named_, *asked_, talking_}, event);
}

EventId MasterWatch::note_switch(const Endpoint& to, std::string_view how, EventId cause) {
  const EventId event =
      ports_.events.record(MasterSwitched{settings_.sentinel.master, text_of(*master_), text_of(to),
                                          sentinel_name(), std::string{how}},
                           cause);
  master_ = to;
  return event;
}

// The end of a connection. -------------------------------------------------------------------------

void MasterWatch::ended(SessionEnd end) {
  report(end);
  connection_.reset();
  if (phase_ == Phase::watching) {
    backoff_.worked_for(ports_.clock.now() - watching_since_);
    wait(backoff_.next(ports_.entropy));
    return;
  }
  all_refused_ = all_refused_ && end.misconfigured;
  distrust(talking_);
  if (++failures_ < settings_.sentinel.sentinels.size()) {
    dial();
    return;
  }
  end.misconfigured = all_refused_;
  end.detail = "the last of " + std::to_string(failures_) + " sentinels: " + end.detail;
  if (!all_refused_) {
    end.reason = "no_sentinel";
  }
  wait(all_refused_ ? settings_.refused_wait : backoff_.next(ports_.entropy));
  observer_.on_no_master(end);
}

void MasterWatch::report(const SessionEnd& end) {
  if (std::exchange(reported_[talking_], end.reason) != end.reason) {
    ports_.events.record(SentinelUnusable{sentinel_name(), end.reason, end.detail}, end.cause);
  }
}

void MasterWatch::wait(Duration span) {
  phase_ = Phase::waiting;
  due_ = ports_.clock.now() + span;
}

std::string MasterWatch::sentinel_name() const {
  return text_of(settings_.sentinel.sentinels[talking_]);
}

}  // namespace arbees::redis
