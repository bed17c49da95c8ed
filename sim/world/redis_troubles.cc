#include "sim/world/redis_troubles.h"

#include <algorithm>
#include <array>

#include "sim/engine/recorder.h"
#include "sim/world/events.h"

namespace arbees::sim {
namespace {

using Kind = RedisTrouble::Kind;

/// Kinds that a client meets as an error of this code.
struct Code {
  Kind kind;
  std::string_view code;
};
constexpr std::array codes{
    Code{Kind::loading, "LOADING"},     Code{Kind::out_of_memory, "OOM"},
    Code{Kind::cannot_save, "MISCONF"}, Code{Kind::read_only, "READONLY"},
    Code{Kind::busy, "BUSY"},           Code{Kind::password, "NOAUTH"},
    Code{Kind::no_channels, "NOPERM"},
};

constexpr std::string_view unknown_password = "known to nobody";

std::string number(redis::ClientId client) { return std::to_string(client.value()); }

}  // namespace

std::string_view name(RedisTrouble::Kind kind) {
  switch (kind) {
    case Kind::loading: return "redis_loading";
    case Kind::out_of_memory: return "redis_oom";
    case Kind::cannot_save: return "redis_misconf";
    case Kind::read_only: return "redis_readonly";
    case Kind::busy: return "redis_busy";
    case Kind::full: return "redis_full";
    case Kind::password: return "redis_password";
    case Kind::no_channels: return "redis_no_channels";
    case Kind::slow: return "redis_slow";
    case Kind::flood: return "redis_flood";
    case Kind::replies_lost: return "redis_replies_lost";
    case Kind::messages_lost: return "redis_messages_lost";
    case Kind::messages_duplicated: return "redis_messages_duplicated";
    case Kind::messages_delayed: return "redis_messages_delayed";
    case Kind::clients_killed: return "redis_clients_killed";
  }
  return "unknown";
}

RedisTroubles::RedisTroubles(redis::Server& server, NodeIndex node, Streams& streams,
                             Recorder& recorder, const SimTime& now)
    : server_(server), node_(node), streams_(streams), recorder_(recorder), now_(now) {
  server_.set_watch(this);
}

void RedisTroubles::begin(EventId fault, const RedisTrouble& trouble) {
  const auto added = active_.emplace(fault, trouble).first;
  set_conditions();
  if (trouble.kind == Kind::no_channels) {
    (void)server_.operate({"ACL", "SETUSER", "default", "resetchannels"});
  }
  if (trouble.kind == Kind::password) {
    server_.require_password(unknown_password);
  }
  if (trouble.kind == Kind::password || trouble.kind == Kind::clients_killed) {
    if (const std::size_t clients = server_.clients(); clients > 0) {
      felt(*added, std::to_string(clients) + " connections were closed");
    }
    server_.kill_clients();
  }
}

void RedisTroubles::heal(EventId fault) {
  const auto found = active_.find(fault);
  if (found == active_.end()) {
    return;
  }
  const Kind kind = found->second.kind;
  active_.erase(found);
  set_conditions();
  if (kind == Kind::messages_delayed && !holds(kind)) {
    late_.hurry(now_);
  }
  if (kind == Kind::no_channels && !holds(kind)) {
    (void)server_.operate({"ACL", "SETUSER", "default", "allchannels"});
  }
  if (kind == Kind::password && !holds(kind)) {
    server_.require_password("");
  }
}

void RedisTroubles::server_restarted() {
  if (holds(Kind::no_channels)) {
    (void)server_.operate({"ACL", "SETUSER", "default", "resetchannels"});
  }
  if (holds(Kind::password)) {
    server_.require_password(unknown_password);
  }
}

std::optional<Duration> RedisTroubles::reply_delay(redis::ClientId client) {
  const auto slow = find(Kind::slow);
  if (slow == active_.end()) {
    return std::nullopt;
  }
  const Duration delay = streams_.get("faults").between(slow->second.delay);
  felt(*slow, "to client " + number(client) + " " + std::to_string(delay.count()) + " ns late");
  return delay;
}

bool RedisTroubles::loses_reply(redis::ClientId client) {
  const auto found = find(Kind::replies_lost);
  if (found == active_.end() || !hits(found->second)) {
    return false;
  }
  felt(*found, "of client " + number(client));
  return true;
}

std::optional<RedisTroubles::Flood> RedisTroubles::flood() const {
  const auto found = find(Kind::flood);
  if (found == active_.end()) {
    return std::nullopt;
  }
  return Flood{found->first, found->second.channel};
}

void RedisTroubles::sent_away() {
  if (const auto found = find(Kind::full); found != active_.end()) {
    felt(*found, "a client was sent away");
  }
}

redis::Delivery RedisTroubles::delivery(redis::ClientId subscriber, std::string_view channel,
                                        std::string_view push) {
  const auto strikes = [&](Kind kind) {
    const auto found = find(kind);
    if (found == active_.end() || !hits(found->second)) {
      return false;
    }
    felt(*found, std::string(channel) + " to client " + number(subscriber));
    return true;
  };
  if (strikes(Kind::messages_lost)) {
    return redis::Delivery::never;
  }
  if (put_off(subscriber, channel, push)) {
    return redis::Delivery::later;
  }
  return strikes(Kind::messages_duplicated) ? redis::Delivery::twice : redis::Delivery::once;
}

/// Late itself, or behind a late one that nothing overtakes.
bool RedisTroubles::put_off(redis::ClientId subscriber, std::string_view channel,
                            std::string_view push) {
  const auto found = find(Kind::messages_delayed);
  if (found == active_.end()) {
    return false;
  }
  const RedisTrouble& trouble = found->second;
  const std::optional<SimTime> ahead =
      trouble.overtaken ? std::nullopt : late_.last_for(subscriber);
  const bool late = hits(trouble);
  if (!late && !ahead) {
    return false;
  }
  SimTime due = ahead.value_or(now_);
  if (late) {
    due = std::max(due, now_ + streams_.get("faults").between(trouble.delay));
    felt(*found, std::string(channel) + " to client " + number(subscriber));
  }
  late_.put_off(due, {subscriber, std::string(push)});
  return true;
}

void RedisTroubles::refused(redis::ClientId client, std::string_view code) {
  const auto known = std::ranges::find(codes, code, &Code::code);
  if (known == codes.end()) {
    return;
  }
  if (const auto found = find(known->kind); found != active_.end()) {
    felt(*found, std::string(code) + " to client " + number(client));
  }
}

RedisTroubles::Active::const_iterator RedisTroubles::find(Kind kind) const {
  return std::ranges::find_if(active_,
                              [&](const auto& entry) { return entry.second.kind == kind; });
}

/// All of it, or a share drawn one by one.
bool RedisTroubles::hits(const RedisTrouble& trouble) {
  return trouble.share.numerator == trouble.share.denominator ||
         streams_.get("faults").chance(trouble.share);
}

void RedisTroubles::set_conditions() {
  server_.set({.loading = holds(Kind::loading),
               .out_of_memory = holds(Kind::out_of_memory),
               .cannot_save = holds(Kind::cannot_save),
               .read_only = holds(Kind::read_only),
               .busy = holds(Kind::busy),
               .full = holds(Kind::full)});
}

void RedisTroubles::felt(const Active::value_type& trouble, std::string detail) {
  recorder_.record(now_, world_node, MonoTime(now_.time_since_epoch()),
                   RedisFaultFelt{.fault = std::string(name(trouble.second.kind)),
                                  .redis = NodeName(recorder_.name(node_)),
                                  .detail = std::move(detail)},
                   trouble.first);
}

}  // namespace arbees::sim
