#include <algorithm>
#include <initializer_list>
#include <string>

#include "core/redis/command.h"
#include "sim/redis/sentinel.h"
#include "sim/redis/sentinel_times.h"

namespace arbees::sim::redis {
namespace {

using arbees::redis::Reply;

/// So many commands without an answer are enough.
constexpr std::size_t unanswered_max = 100;

}  // namespace

void Sentinel::connect(Watched& who, SimTime now) {
  if (who.connected() || (who.tried && now - *who.tried < ping_period)) {
    return;
  }
  who.tried = now;
  const auto open = [&](PeerLink& link) {
    link.peer = host_.dial(who.address);
    link.opened = link.heard = now;
    link.reader = std::make_unique<arbees::redis::RespReader>();
  };
  if (!who.commands.open()) {
    open(who.commands);
    ping(who, now);
  }
  if (who.kind != Watched::Kind::sentinel && !who.hellos.open()) {
    open(who.hellos);
    std::string bytes;
    arbees::redis::append_command(bytes, {"SUBSCRIBE", hello_channel});
    host_.send(*who.hellos.peer, bytes);
  }
}

void Sentinel::drop(PeerLink& link) {
  if (link.open()) {
    host_.hang_up(*link.peer);
    link = {};
  }
}

void Sentinel::drop_links(Watched& who) {
  drop(who.commands);
  drop(who.hellos);
}

void Sentinel::send(Watched& who, Asked asked, std::initializer_list<std::string_view> words) {
  std::string bytes;
  arbees::redis::append_command(bytes, words);
  who.commands.asked.push_back(asked);
  host_.send(*who.commands.peer, bytes);
}

void Sentinel::ping(Watched& who, SimTime now) {
  send(who, Asked::ping, {"PING"});
  who.pinged = now;
  if (!who.unanswered) {
    who.unanswered = now;
  }
}

void Sentinel::send_periodic(Watched& who, SimTime now) {
  if (!who.connected() || who.commands.asked.size() >= unanswered_max) {
    return;
  }
  const bool urgent =
      who.kind == Watched::Kind::replica && (objectively_down() || failing_over() || !who.link_up);
  const Duration info_every = urgent ? info_period_in_failover : info_period;
  const Duration ping_every = std::min(ping_period, settings_.down_after);
  if (who.kind != Watched::Kind::sentinel && (!who.informed || now - *who.informed > info_every)) {
    send(who, Asked::info, {"INFO"});
  }
  if (now - who.ponged > ping_every && now - who.pinged > ping_every / 2) {
    ping(who, now);
  }
  if (!who.hello_sent || now - *who.hello_sent > hello_period) {
    say_hello(who, now);
  }
}

void Sentinel::say_hello(Watched& who, SimTime now) {
  const Address& master = current_master();
  const std::string hello = settings_.own.text(',') + "," + settings_.id + "," +
                            std::to_string(epoch_) + "," + settings_.master_name + "," +
                            master.text(',') + "," + std::to_string(config_epoch_);
  who.hello_sent = now;
  send(who, Asked::other, {"PUBLISH", hello_channel, hello});
}

/// Makes a server a replica of `master`, or a master if that is null. Its clients are sent away, so
/// that they look for the master anew.
void Sentinel::follow(Watched& server, const Address* master) {
  const std::string host = master == nullptr ? "NO" : master->host;
  const std::string port = master == nullptr ? "ONE" : std::to_string(master->port);
  send(server, Asked::other, {"SLAVEOF", host, port});
  send(server, Asked::other, {"CLIENT", "KILL", "TYPE", "normal"});
  send(server, Asked::other, {"CLIENT", "KILL", "TYPE", "pubsub"});
}

void Sentinel::on_reply(Watched& who, Asked asked, const Reply& reply, SimTime now) {
  switch (asked) {
    case Asked::ping: on_ping_reply(who, reply, now); break;
    case Asked::info: on_info(who, reply.text, now); break;
    case Asked::vote: on_vote_reply(who, reply, now); break;
    case Asked::other: break;
  }
}

void Sentinel::on_ping_reply(Watched& who, const Reply& reply, SimTime now) {
  who.ponged = now;
  const bool serves = reply.is_status("PONG") || reply.text.starts_with("LOADING") ||
                      reply.text.starts_with("MASTERDOWN");
  if (serves) {
    who.available = now;
    who.unanswered.reset();
  }
}

void Sentinel::on_vote_reply(Watched& who, const Reply& reply, SimTime now) {
  if (reply.elements.size() != 3) {
    return;
  }
  who.asked_at = now;
  who.says_master_down = reply.elements[0].integer == 1;
  if (reply.elements[1].text != "*") {
    who.votes_for = reply.elements[1].text;
    who.vote_epoch = static_cast<std::uint64_t>(reply.elements[2].integer);
  }
}

}  // namespace arbees::sim::redis
