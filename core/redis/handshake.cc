#include "core/redis/handshake.h"

#include <utility>

#include "core/base/assert.h"
#include "core/redis/command.h"
#include "core/redis/server_error.h"

namespace arbees::redis {

Handshake::Handshake(const BusSettings& settings) {
  if (!settings.password.empty()) {
    steps_.push_back(Step::authenticate);
  }
  if (!settings.client_name.empty()) {
    steps_.push_back(Step::name);
  }
  if (settings.database != 0) {
    steps_.push_back(Step::select);
  }
  steps_.push_back(Step::ping);
}

std::string_view Handshake::command(Step step) {
  switch (step) {
    case Step::authenticate: return "AUTH";
    case Step::name: return "CLIENT SETNAME";
    case Step::select: return "SELECT";
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
      case Step::name: append_command(out, {"CLIENT", "SETNAME", settings.client_name}); break;
      case Step::select: append_command(out, {"SELECT", std::to_string(settings.database)}); break;
      case Step::ping: append_command(out, {"PING"}); break;
    }
  }
  return out;
}

std::optional<SessionEnd> Handshake::take(const Reply& reply, const BusSettings& settings) {
  ensure(!done(), "replies after the handshake belong to the session");
  const Step step = steps_[answered_];
  if (reply.is(Reply::Kind::error)) {
    SessionEnd end = refused_by_server(command(step), reply.text, settings);
    // All but PING say what our settings contain: a plain error to one of them is about a setting
    // (no such database, a name with a space, AUTH where no password is set).
    end.misconfigured |= step != Step::ping && judge(reply.text) == ServerError::about_the_command;
    return end;
  }
  if (!reply.is_status(step == Step::ping ? "PONG" : "OK")) {
    return garbage(std::string{command(step)} + " was answered by " +
                   std::string{to_string(reply.kind)});
  }
  ++answered_;
  return std::nullopt;
}

SessionEnd refused_by_server(std::string_view command, std::string_view error,
                             const BusSettings& settings) {
  SessionEnd end;
  end.reason = "server_error";
  end.detail.append(command).append(" was answered: ").append(presentable(error, settings));
  end.misconfigured = judge(error) == ServerError::refusal;
  return end;
}

SessionEnd garbage(std::string what) {
  SessionEnd end;
  end.reason = "garbage";
  end.detail = std::move(what);
  return end;
}

}  // namespace arbees::redis
