#include "sim/redis/sentinel_commands.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "sim/redis/client_commands.h"
#include "sim/redis/connection_commands.h"
#include "sim/redis/info_command.h"
#include "sim/redis/integer.h"
#include "sim/redis/pubsub_commands.h"
#include "sim/redis/replication_commands.h"
#include "sim/redis/request.h"
#include "sim/redis/resp.h"
#include "sim/redis/sentinel.h"
#include "sim/redis/sentinel_times.h"

namespace arbees::sim::redis {
namespace {

using Fields = std::vector<std::pair<std::string_view, std::string>>;

std::string ms_text(Duration span) { return std::to_string(span / milliseconds{1}); }

/// The host of a sentinel lends its server the sentinel's own time.
SimTime now_of(const Request& request) { return SimTime(request.server.now.time_since_epoch()); }

bool names_master(Request& request) {
  if (request.arguments[2] == request.server.sentinel->settings().master_name) {
    return true;
  }
  request.refuse("ERR No such master with that name");
  return false;
}

std::string flags_of_watched(const Sentinel& sentinel, const Watched& who) {
  std::string flags;
  const auto add = [&](bool set, std::string_view flag) {
    if (set) {
      flags.append(flags.empty() ? "" : ",").append(flag);
    }
  };
  const bool master = who.kind == Watched::Kind::master;
  add(who.down(), "s_down");
  add(master && sentinel.objectively_down(), "o_down");
  add(master, "master");
  add(who.kind == Watched::Kind::replica, "slave");
  add(who.kind == Watched::Kind::sentinel, "sentinel");
  add(!who.connected(), "disconnected");
  add(who.says_master_down, "master_down");
  add(master && sentinel.failing_over(), "failover_in_progress");
  add(sentinel.promoted(who), "promoted");
  add(who.leading == Leading::told, "reconf_sent");
  add(who.leading == Leading::follows, "reconf_inprog");
  add(who.leading == Leading::done, "reconf_done");
  return flags;
}

/// What is said of everybody, in the order of the real one.
Fields common_fields(const Sentinel& sentinel, const Watched& who, SimTime now) {
  std::string name = sentinel.settings().master_name;
  if (who.kind == Watched::Kind::replica) {
    name = who.address.text(':');
  } else if (who.kind == Watched::Kind::sentinel) {
    name = who.id;
  }
  Fields fields{{"name", name},
                {"ip", who.address.host},
                {"port", std::to_string(who.address.port)},
                {"runid", who.id},
                {"flags", flags_of_watched(sentinel, who)},
                {"link-pending-commands", std::to_string(who.commands.asked.size())},
                {"link-refcount", "1"}};
  if (who.kind == Watched::Kind::master && sentinel.failing_over()) {
    fields.emplace_back("failover-state", sentinel.failover_state());
  }
  fields.emplace_back("last-ping-sent",
                      ms_text(who.unanswered ? now - *who.unanswered : Duration{}));
  fields.emplace_back("last-ok-ping-reply", ms_text(now - who.available));
  fields.emplace_back("last-ping-reply", ms_text(now - who.ponged));
  if (who.down()) {
    fields.emplace_back("s-down-time", ms_text(now - *who.down_since));
  }
  if (who.kind == Watched::Kind::master && sentinel.objectively_down()) {
    fields.emplace_back("o-down-time", ms_text(now - *sentinel.objectively_down_since()));
  }
  fields.emplace_back("down-after-milliseconds", ms_text(sentinel.settings().down_after));
  if (who.kind != Watched::Kind::sentinel) {
    fields.emplace_back("info-refresh", ms_text(who.informed ? now - *who.informed : Duration{}));
    fields.emplace_back("role-reported", who.says_master ? "master" : "slave");
    fields.emplace_back("role-reported-time", ms_text(now - who.role_since));
  }
  return fields;
}

void append_fields(std::string& reply, const Fields& fields) {
  append_array(reply, 2 * fields.size());
  for (const auto& [name, value] : fields) {
    append_bulk(reply, name);
    append_bulk(reply, value);
  }
}

void append_master(Request& request) {
  const Sentinel& sentinel = *request.server.sentinel;
  Fields fields = common_fields(sentinel, sentinel.master(), now_of(request));
  fields.emplace_back("config-epoch", std::to_string(sentinel.config_epoch()));
  fields.emplace_back("num-slaves", std::to_string(sentinel.replicas().size()));
  fields.emplace_back("num-other-sentinels", std::to_string(sentinel.sentinels().size()));
  fields.emplace_back("quorum", std::to_string(sentinel.settings().quorum));
  fields.emplace_back("failover-timeout", ms_text(sentinel.settings().failover_timeout));
  fields.emplace_back("parallel-syncs", "1");
  append_fields(request.reply, fields);
}

void master(Request& request) {
  if (names_master(request)) {
    append_master(request);
  }
}

void masters(Request& request) {
  append_array(request.reply, 1);
  append_master(request);
}

void replicas(Request& request) {
  if (!names_master(request)) {
    return;
  }
  const Sentinel& sentinel = *request.server.sentinel;
  append_array(request.reply, sentinel.replicas().size());
  for (const auto& replica : sentinel.replicas()) {
    Fields fields = common_fields(sentinel, *replica, now_of(request));
    fields.emplace_back("master-link-down-time", ms_text(replica->link_down_for));
    fields.emplace_back("master-link-status", replica->link_up ? "ok" : "err");
    const bool told = !replica->follows.host.empty();
    fields.emplace_back("master-host", told ? replica->follows.host : "?");
    fields.emplace_back("master-port", std::to_string(replica->follows.port));
    fields.emplace_back("slave-priority", std::to_string(replica->priority));
    fields.emplace_back("slave-repl-offset", std::to_string(replica->offset));
    fields.emplace_back("replica-announced", "1");
    append_fields(request.reply, fields);
  }
}

void sentinels(Request& request) {
  if (!names_master(request)) {
    return;
  }
  const Sentinel& sentinel = *request.server.sentinel;
  const SimTime now = now_of(request);
  append_array(request.reply, sentinel.sentinels().size());
  for (const auto& other : sentinel.sentinels()) {
    Fields fields = common_fields(sentinel, *other, now);
    fields.emplace_back("last-hello-message",
                        ms_text(other->greeted ? now - *other->greeted : Duration{}));
    fields.emplace_back("voted-leader", other->votes_for.empty() ? "?" : other->votes_for);
    fields.emplace_back("voted-leader-epoch", std::to_string(other->vote_epoch));
    append_fields(request.reply, fields);
  }
}

void get_master_address(Request& request) {
  const Sentinel& sentinel = *request.server.sentinel;
  if (request.arguments[2] != sentinel.settings().master_name) {
    append_null_array(request.reply);
    return;
  }
  append_array(request.reply, 2);
  append_bulk(request.reply, sentinel.current_master().host);
  append_bulk(request.reply, std::to_string(sentinel.current_master().port));
}

/// Another sentinel asks for an opinion, and perhaps for a vote.
void is_master_down(Request& request) {
  const auto port = parse_integer(request.arguments[3]);
  const auto epoch = parse_integer(request.arguments[4]);
  if (!port || !epoch) {
    request.refuse("ERR value is not an integer or out of range");
    return;
  }
  Sentinel& sentinel = *request.server.sentinel;
  const Watched& known = sentinel.master();
  const bool meant = known.address.host == request.arguments[2] && known.address.port == *port;
  Vote vote;
  if (meant && request.arguments[5] != "*") {
    vote = sentinel.vote(static_cast<std::uint64_t>(*epoch), request.arguments[5], now_of(request));
  }
  append_array(request.reply, 3);
  append_integer(request.reply, meant && known.down() ? 1 : 0);
  append_bulk(request.reply, vote.leader.empty() ? "*" : vote.leader);
  append_integer(request.reply, static_cast<std::int64_t>(vote.epoch));
}

void my_id(Request& request) { append_bulk(request.reply, request.server.sentinel->settings().id); }

void publish_hello(Request& request) {
  if (request.arguments[1] != hello_channel) {
    request.refuse("ERR Only HELLO messages are accepted by Sentinel instances.");
    return;
  }
  request.server.sentinel->hear_hello(request.arguments[2], now_of(request));
  append_integer(request.reply, 1);
}

constexpr std::array sentinel_client_subcommands{
    Command{"getname", "client|getname", 2, "", {}, "", client_getname},
    Command{"id", "client|id", 2, "", {}, "", client_id},
    Command{"kill", "client|kill", -3, "", {}, "", client_kill},
    Command{"setname", "client|setname", 3, "", {}, "", client_setname},
};

constexpr std::array sentinel_subcommands{
    Command{"get-master-addr-by-name",
            "sentinel|get-master-addr-by-name",
            3,
            "",
            {},
            "",
            get_master_address},
    Command{
        "is-master-down-by-addr", "sentinel|is-master-down-by-addr", 6, "", {}, "", is_master_down},
    Command{"master", "sentinel|master", 3, "", {}, "", master},
    Command{"masters", "sentinel|masters", 2, "", {}, "", masters},
    Command{"myid", "sentinel|myid", 2, "", {}, "", my_id},
    Command{"replicas", "sentinel|replicas", 3, "", {}, "", replicas},
    Command{"sentinels", "sentinel|sentinels", 3, "", {}, "", sentinels},
    Command{"slaves", "sentinel|slaves", 3, "", {}, "", replicas},
};

constexpr std::array sentinel_commands{
    Command{"auth", "auth", -2, "", {}, "", auth},
    Command{"client", "client", -2, "", {}, "", nullptr, sentinel_client_subcommands},
    Command{"hello", "hello", -1, "", {}, "", hello},
    Command{"info", "info", -1, "", {}, "", info},
    Command{"ping", "ping", -1, "", {}, "", ping},
    Command{"psubscribe", "psubscribe", -2, "", {}, "", psubscribe},
    Command{"publish", "publish", 3, "", {}, "", publish_hello},
    Command{"punsubscribe", "punsubscribe", -1, "", {}, "", punsubscribe},
    Command{"quit", "quit", -1, "", {}, "", quit},
    Command{"role", "role", 1, "", {}, "", role},
    Command{"sentinel", "sentinel", -2, "", {}, "", nullptr, sentinel_subcommands},
    Command{"subscribe", "subscribe", -2, "", {}, "", subscribe},
    Command{"unsubscribe", "unsubscribe", -1, "", {}, "", unsubscribe},
};

static_assert(std::ranges::is_sorted(sentinel_commands, {}, &Command::name));
static_assert(std::ranges::is_sorted(sentinel_client_subcommands, {}, &Command::name));
static_assert(std::ranges::is_sorted(sentinel_subcommands, {}, &Command::name));

}  // namespace

std::span<const Command> sentinel_command_table() { return sentinel_commands; }

void sentinel_role(Request& request) {
  append_array(request.reply, 2);
  append_bulk(request.reply, "sentinel");
  append_array(request.reply, 1);
  append_bulk(request.reply, request.server.sentinel->settings().master_name);
}

void append_sentinel_info(std::string& text, const Sentinel& sentinel) {
  const char* status = "ok";
  if (sentinel.objectively_down()) {
    status = "odown";
  } else if (sentinel.master().down()) {
    status = "sdown";
  }
  text +=
      "# Sentinel\r\nsentinel_masters:1\r\nsentinel_tilt:0\r\nsentinel_tilt_since_seconds:-1\r\n"
      "sentinel_running_scripts:0\r\nsentinel_scripts_queue_length:0\r\n"
      "sentinel_simulate_failure_flags:0\r\nmaster0:name=" +
      sentinel.settings().master_name + ",status=" + status +
      ",address=" + sentinel.master().address.text(':') +
      ",slaves=" + std::to_string(sentinel.replicas().size()) +
      ",sentinels=" + std::to_string(sentinel.sentinels().size() + 1) + "\r\n";
}

}  // namespace arbees::sim::redis
