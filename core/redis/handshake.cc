#include "core/redis/handshake.h"

#include <utility>

#include "core/base/assert.h"
#include "core/redis/command.h"
#include "core/redis/server_error.h"

namespace arbees::redis {
namespace {

constexpr std::string_view no_cluster =
    "Redis Cluster is not supported: let REDIS_URL name a single Redis (redis://) or the sentinels "
    "of "
    "one (redis-sentinel://)";

}  // namespace

Handshake::Handshake(const BusSettings& settings) {
  if (!settings.password.empty()) {
    steps_.push_back(Step::authenticate);
  }
  steps_.push_back(Step::kind);
  if (!settings.client_name.empty()) {
    steps_.push_back(Step::name);
  }
  if (settings.database != 0) {
    steps_.push_back(Step::select);
  }
  if (settings.sentinel.in_use()) {
    steps_.push_back(Step::role);
  }
  steps_.push_back(Step::ping);
}

std::string_view Handshake::command(Step step) {
  switch (step) {
    case Step::authenticate: return "AUTH";
    case Step::kind: return "HELLO";
    case Step::name: return "CLIENT SETNAME";
    case Step::select: return "SELECT";
    case Step::role: return "ROLE";
    case Step::ping: return "PING";
  }
  return "unknown";
}

std::string Handshake::request(const BusSettings& settings) const {
  std::string out;
  for (const Step step : steps_) {
    switch (step) {
      case Step::authenticate:
        // The form with a user name exists since Redis 6 only.
        if (settings.username.empty()) {
          append_command(out, {"AUTH", settings.password});
        } else {
          append_command(out, {"AUTH", settings.username, settings.password});
        }
        break;
      case Step::kind: append_command(out, {"HELLO", "2"}); break;
      case Step::name: append_command(out, {"CLIENT", "SETNAME", settings.client_name}); break;
      case Step::select: append_command(out, {"SELECT", std::to_string(settings.database)}); break;
      case Step::role: append_command(out, {"ROLE"}); break;
      case Step::ping: append_command(out, {"PING"}); break;
    }
  }
  return out;
}

std::optional<SessionEnd> Handshake::take(const Reply& reply, const BusSettings& settings) {
  ensure(!done(), "replies after the handshake belong to the session");
  const Step step = steps_[answered_];
  std::optional<SessionEnd> end;
  if (reply.is(Reply::Kind::error)) {
    end = judge_error(step, reply.text, settings);
  } else if ((step == Step::kind || step == Step::role) && reply.is(Reply::Kind::array)) {
    end = step == Step::kind ? judge_kind(reply) : judge_role(reply);
  } else if (step == Step::kind || step == Step::role ||
             !reply.is_status(step == Step::ping ? "PONG" : "OK")) {
    end = garbage(std::string{command(step)} + " was answered by " +
                  std::string{to_string(reply.kind)});
  }
  answered_ += end.has_value() ? 0 : 1;
  return end;
}

std::optional<SessionEnd> Handshake::judge_error(Step step, std::string_view error,
                                                 const BusSettings& settings) {
  const bool plain = judge(error) == ServerError::about_the_command;
  if ((step == Step::kind && plain) || (step == Step::ping && answers_ping(error))) {
    return std::nullopt;
  }
  SessionEnd end = refused_by_server(command(step), error, settings);
  // All but PING say what our settings contain: a plain error to one of them is about a setting
  // (no such database, a name with a space, AUTH where no password is set).
  end.misconfigured |= step != Step::ping && plain;
  return end;
}

std::optional<SessionEnd> Handshake::judge_kind(const Reply& hello) {
  for (std::size_t i = 0; i + 1 < hello.elements.size(); i += 2) {
    if (hello.elements[i].text != "mode") {
      continue;
    }
    const std::string& mode = hello.elements[i + 1].text;
    if (mode == "cluster") {
      return SessionEnd{
          "cluster", "the server is a node of a cluster; " + std::string{no_cluster}, {}, true};
    }
    if (mode == "sentinel") {
      return SessionEnd{"sentinel",
                        "the server is a Sentinel, which carries no messages: write REDIS_URL as "
                        "redis-sentinel://host:port/master-name",
                        {},
                        true};
    }
  }
  return std::nullopt;
}

std::optional<SessionEnd> Handshake::judge_role(const Reply& role) {
  if (role.elements.empty() || !role.elements[0].is(Reply::Kind::bulk)) {
    return garbage("ROLE was answered without a role");
  }
  if (role.elements[0].text == "master") {
    return std::nullopt;
  }
  std::string detail = "a sentinel named it, but it says that it is a " + role.elements[0].text;
  if (role.elements.size() > 2 && role.elements[1].is(Reply::Kind::bulk)) {
    detail += " of " + role.elements[1].text + ":" + std::to_string(role.elements[2].integer);
  }
  return SessionEnd{"not_master", std::move(detail), {}};
}

SessionEnd refused_by_server(std::string_view command, std::string_view error,
                             const BusSettings& settings) {
  SessionEnd end;
  end.reason = "server_error";
  end.detail.append(command).append(" was answered: ").append(presentable(error, settings));
  end.misconfigured = judge(error) == ServerError::refusal;
  if (tells_of_cluster(error)) {
    end.detail.append("; ").append(no_cluster);
  }
  return end;
}

SessionEnd garbage(std::string what) {
  SessionEnd end;
  end.reason = "garbage";
  end.detail = std::move(what);
  return end;
}

}  // namespace arbees::redis
