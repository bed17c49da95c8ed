#include "sim/redis/command_table.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "sim/redis/connection_commands.h"
#include "sim/redis/pubsub_commands.h"
#include "sim/redis/resp.h"

namespace arbees::sim::redis {
namespace {

constexpr std::array client_subcommands{
    Command{"getname", "client|getname", 2, false, client_getname},
    Command{"id", "client|id", 2, false, client_id},
    Command{"setname", "client|setname", 3, false, client_setname},
};

constexpr std::array commands{
    Command{"auth", "auth", -2, false, auth},
    Command{"client", "client", -2, false, nullptr, client_subcommands},
    Command{"echo", "echo", 2, false, echo},
    Command{"hello", "hello", -1, false, hello},
    // HTTP sent here by a browser that was tricked into it: "POST / HTTP/1.1", "Host: ...".
    Command{"host:", "host:", -1, true, hang_up},
    Command{"ping", "ping", -1, true, ping},
    Command{"post", "post", -1, true, hang_up},
    Command{"psubscribe", "psubscribe", -2, true, psubscribe},
    Command{"publish", "publish", 3, false, publish},
    Command{"punsubscribe", "punsubscribe", -1, true, punsubscribe},
    Command{"quit", "quit", -1, true, quit},
    Command{"reset", "reset", 1, true, reset},
    Command{"select", "select", 2, false, select_database},
    Command{"subscribe", "subscribe", -2, true, subscribe},
    Command{"unsubscribe", "unsubscribe", -1, true, unsubscribe},
};

static_assert(std::ranges::is_sorted(commands, {}, &Command::name));
static_assert(std::ranges::is_sorted(client_subcommands, {}, &Command::name));

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }
constexpr char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c & ~0x20) : c; }

const Command* find_command(std::span<const Command> table, std::string_view typed) {
  std::array<char, 32> name;  // longer than any name in the table
  if (typed.size() > name.size()) {
    return nullptr;
  }
  std::ranges::transform(typed, name.begin(), lower);
  const std::string_view wanted(name.data(), typed.size());
  const auto found = std::ranges::lower_bound(table, wanted, {}, &Command::name);
  return found != table.end() && found->name == wanted ? &*found : nullptr;
}

/// The server quotes arguments as C strings: up to the first NUL, at most `most` bytes of them.
std::string_view quotable(std::string_view argument, std::size_t most) {
  return argument.substr(0, std::min(argument.find('\0'), most));
}

constexpr std::size_t most_quoted = 128;

void refuse_unknown_command(Request& request) {
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
  request.refuse(text);
}

void refuse_unknown_subcommand(const Command& command, Request& request) {
  std::string text = "ERR unknown subcommand '";
  text += quotable(request.arguments[1], most_quoted);
  text += "'. Try ";
  std::ranges::transform(command.name, std::back_inserter(text), upper);
  text += " HELP.";
  request.refuse(text);
}

bool arity_fits(const Command& command, std::size_t arguments) {
  const auto given = static_cast<std::ptrdiff_t>(arguments);
  return command.arity < 0 ? given >= -command.arity : given == command.arity;
}

void refuse_while_subscribed(const Command& command, Request& request) {
  std::string text = "ERR Can't execute '";
  text += command.full_name;
  text +=
      "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context";
  request.refuse(text);
}

/// The command or subcommand meant; null once the request was refused.
const Command* resolve(Request& request) {
  const Command* command = find_command(commands, request.arguments[0]);
  if (command == nullptr) {
    refuse_unknown_command(request);
    return nullptr;
  }
  if (command->subcommands.empty() || request.arguments.size() == 1) {
    return command;
  }
  const Command* subcommand = find_command(command->subcommands, request.arguments[1]);
  if (subcommand == nullptr) {
    refuse_unknown_subcommand(*command, request);
  }
  return subcommand;
}

}  // namespace

void Request::refuse(std::string_view text) {
  ++server.stats.error_replies;
  append_error(reply, text);
}

std::span<const Command> command_table() { return commands; }

void refuse_arity(std::string_view full_name, Request& request) {
  std::string text = "ERR wrong number of arguments for '";
  text += full_name;
  text += "' command";
  request.refuse(text);
}

void run_command(Request& request) {
  ++request.server.stats.commands;
  const Command* command = resolve(request);
  if (command == nullptr) {
    return;
  }
  if (!arity_fits(*command, request.arguments.size())) {
    refuse_arity(command->full_name, request);
    return;
  }
  if (!command->while_subscribed && request.client.subscriptions.count() > 0) {
    refuse_while_subscribed(*command, request);
    return;
  }
  command->run(request);
}

}  // namespace arbees::sim::redis
