#include "sim/redis/dispatch.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <expected>
#include <initializer_list>
#include <optional>
#include <string>

#include "sim/redis/acl.h"
#include "sim/redis/command_table.h"
#include "sim/redis/conditions.h"
#include "sim/redis/request.h"
#include "sim/redis/resp.h"
#include "sim/redis/sentinel_commands.h"
#include "sim/redis/transaction_commands.h"

namespace arbees::sim::redis {
namespace {

std::string unknown_command(const Request& request) {
  std::string text = "ERR unknown command '";
  text += quotable(request.arguments[0], most_quoted);
  text += "', with args beginning with: ";
  const std::size_t begin = text.size();
  for (const std::string_view argument : request.arguments.subspan(1)) {
    const std::size_t quoted = text.size() - begin;
    if (quoted >= most_quoted) {
      break;
    }
    text += '\'';
    text += quotable(argument, most_quoted - quoted);
    text += "' ";
  }
  return text;
}

std::string unknown_subcommand(const Command& command, const Request& request) {
  std::string text = "ERR unknown subcommand '";
  text += quotable(request.arguments[1], most_quoted);
  text += "'. Try ";
  std::ranges::transform(command.name, std::back_inserter(text), upper);
  text += " HELP.";
  return text;
}

std::string wrong_arity(std::string_view full_name) {
  return "ERR wrong number of arguments for '" + std::string(full_name) + "' command";
}

bool arity_fits(const Command& command, std::size_t arguments) {
  const auto given = static_cast<std::ptrdiff_t>(arguments);
  return command.arity < 0 ? given >= -command.arity : given == command.arity;
}

/// The command or subcommand meant, or what is wrong with it.
std::expected<const Command*, std::string> resolve(const Request& request) {
  request.client.last_command = nullptr;
  const std::span<const Command> table =
      request.server.sentinel == nullptr ? command_table() : sentinel_command_table();
  const Command* command = find_command(table, request.arguments[0]);
  if (command == nullptr) {
    return std::unexpected(unknown_command(request));
  }
  if (!command->subcommands.empty() && request.arguments.size() > 1) {
    const Command* subcommand = find_command(command->subcommands, request.arguments[1]);
    if (subcommand == nullptr) {
      return std::unexpected(unknown_subcommand(*command, request));
    }
    command = subcommand;
  }
  request.client.last_command = command;
  if (!arity_fits(*command, request.arguments.size())) {
    return std::unexpected(wrong_arity(command->full_name));
  }
  return command;
}

/// A command about to run or to be queued, as the checks look at it.
struct Attempt {
  const Command& command;
  Request& request;

  /// EXEC does what any of its commands does,
  [[nodiscard]] bool does(Flag flag) const {
    return command.flags.has(flag) || (executes() && transaction().all_flags.has(flag));
  }
  /// and is allowed what all of them are.
  [[nodiscard]] bool allowed(Flag flag) const {
    return command.flags.has(flag) &&
           (!executes() || transaction().queue.empty() || transaction().common_flags.has(flag));
  }

 private:
  [[nodiscard]] bool executes() const {
    return command.run == exec && request.client.transaction.has_value();
  }
  [[nodiscard]] const Transaction& transaction() const { return *request.client.transaction; }
};

using Refusal = std::optional<std::string>;

bool is_any_of(const Command& command, std::initializer_list<std::string_view> names) {
  return std::ranges::find(names, command.full_name) != names.end();
}

Refusal check_login(const Attempt& attempt) {
  if (attempt.request.client.logged_in || !attempt.request.server.acl.login_needed() ||
      attempt.command.flags.has(Flag::no_auth)) {
    return std::nullopt;
  }
  return "NOAUTH Authentication required.";
}

Refusal check_rights(const Attempt& attempt) {
  const auto denial =
      attempt.request.client.user->check(attempt.command, attempt.request.arguments);
  return denial ? Refusal("NOPERM " + denial_text(*denial, attempt.command.full_name))
                : std::nullopt;
}

Refusal check_memory(const Attempt& attempt) {
  const bool queued = attempt.request.client.transaction.has_value() &&
                      !is_any_of(attempt.command, {"discard", "exec", "quit", "reset"});
  return attempt.request.server.conditions.out_of_memory && (queued || attempt.does(Flag::denyoom))
             ? Refusal(out_of_memory_error)
             : std::nullopt;
}

/// PING is refused as well: who watches a server by it shall learn that it takes no writes.
Refusal check_disk(const Attempt& attempt) {
  return attempt.request.server.conditions.cannot_save &&
                 (attempt.does(Flag::write) || attempt.command.full_name == "ping")
             ? Refusal(cannot_save_error)
             : std::nullopt;
}

Refusal check_read_only(const Attempt& attempt) {
  const ServerState& server = attempt.request.server;
  const bool replica = server.conditions.read_only || server.replication.is_replica();
  return replica && attempt.does(Flag::write) ? Refusal(read_only_error) : std::nullopt;
}

Refusal check_master(const Attempt& attempt) {
  return attempt.request.server.conditions.master_away && !attempt.allowed(Flag::stale)
             ? Refusal(master_away_error)
             : std::nullopt;
}

Refusal check_loading(const Attempt& attempt) {
  return attempt.request.server.conditions.loading && !attempt.allowed(Flag::loading)
             ? Refusal(loading_error)
             : std::nullopt;
}

Refusal check_busy(const Attempt& attempt) {
  return attempt.request.server.conditions.busy && !attempt.command.flags.has(Flag::allow_busy)
             ? Refusal(busy_error)
             : std::nullopt;
}

Refusal check_transaction(const Attempt& attempt) {
  if (attempt.request.client.transaction && attempt.command.flags.has(Flag::no_multi)) {
    return "ERR Command not allowed inside a transaction";
  }
  return std::nullopt;
}

Refusal check_subscriptions(const Attempt& attempt) {
  static constexpr std::array<std::string_view, 7> allowed{
      "ping", "psubscribe", "punsubscribe", "quit", "reset", "subscribe", "unsubscribe"};
  const std::string_view name = attempt.command.full_name;
  if (attempt.request.client.subscriptions.count() == 0 ||
      std::ranges::find(allowed, name) != allowed.end()) {
    return std::nullopt;
  }
  return "ERR Can't execute '" + std::string(name) +
         "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this "
         "context";
}

/// What may stand in the way of a command that exists, in the real server's order: no login
/// (NOAUTH), no transactions, the access rules (NOPERM), memory (OOM), the disk (MISCONF), replicas
/// (NOREPLICAS, READONLY), subscriptions, a master that is away (MASTERDOWN), loading (LOADING), a
/// script that does not end (BUSY).
constexpr std::array checks{check_login,   check_transaction, check_rights,        check_memory,
                            check_disk,    check_read_only,   check_subscriptions, check_master,
                            check_loading, check_busy};

/// A refused command spoils the transaction it was for; a refused EXEC ends it.
void refuse(Request& request, std::string_view text) {
  Client& client = request.client;
  if (equals_ignoring_case(request.arguments[0], "EXEC")) {
    const std::string_view plain = text.starts_with("ERR ") ? text.substr(4) : text;
    leave_transaction(request.server, client);
    request.refuse("EXECABORT Transaction discarded because of: " + std::string(plain));
    return;
  }
  if (client.transaction) {
    client.transaction->broken = true;
  }
  request.refuse(text);
}

/// Commands that work on the transaction itself are never part of it.
bool to_be_queued(const Command& command, const Client& client) {
  static constexpr std::array<std::string_view, 6> never{"discard", "exec",  "multi",
                                                         "quit",    "reset", "watch"};
  return client.transaction.has_value() &&
         std::ranges::find(never, command.full_name) == never.end();
}

/// HTTP sent here by a browser that was tricked into it: "POST / HTTP/1.1", "Host: ...".
bool is_http(const Request& request) {
  return equals_ignoring_case(request.arguments[0], "POST") ||
         equals_ignoring_case(request.arguments[0], "HOST:");
}

}  // namespace

void Request::refuse(std::string_view text) {
  ++server.stats.error_replies;
  append_error(reply, text);
}

void refuse_arity(std::string_view full_name, Request& request) {
  request.refuse(wrong_arity(full_name));
}

void call(const Command& command, Request& request) {
  ++request.server.stats.calls;
  command.run(request);
}

void run_as_operator(Request& request) {
  const auto command = resolve(request);
  if (!command) {
    refuse(request, command.error());
    return;
  }
  call(**command, request);
  request.data().end_unit();
}

void run_command(Request& request) {
  ++request.server.stats.commands;
  if (is_http(request)) {
    request.client.fate = Fate::drops;
    return;
  }
  const auto command = resolve(request);
  if (!command) {
    refuse(request, command.error());
    return;
  }
  request.server.read_clock();
  const Attempt attempt{**command, request};
  const bool of_master = request.server.replication.is_link(request.client);
  for (const auto check : checks) {
    if (const Refusal refusal = of_master ? std::nullopt : check(attempt)) {
      if (request.server.watch != nullptr) {
        request.server.watch->refused(request.client.id, refusal->substr(0, refusal->find(' ')));
      }
      refuse(request, *refusal);
      return;
    }
  }
  if (to_be_queued(**command, request.client)) {
    // What EXEC will not carry out anyway is not kept: CLIENT LIST does not count it.
    if (!request.client.transaction->broken && !request.client.watcher.saw_change()) {
      request.client.transaction->add(**command, request.arguments);
    }
    append_status(request.reply, "QUEUED");
    return;
  }
  call(**command, request);
  request.data().end_unit();
}

}  // namespace arbees::sim::redis
