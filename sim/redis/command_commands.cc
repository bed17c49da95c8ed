#include "sim/redis/command_commands.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/redis/command_table.h"
#include "sim/redis/errors.h"
#include "sim/redis/glob.h"
#include "sim/redis/request.h"
#include "sim/redis/resp.h"
#include "sim/redis/text.h"

namespace arbees::sim::redis {
namespace {

/// "get", or "client|list" for a subcommand.
const Command* find_by_full_name(std::string_view typed) {
  const std::size_t bar = typed.find('|');
  const Command* command = find_command(command_table(), typed.substr(0, bar));
  if (command == nullptr || bar == std::string_view::npos) {
    return command;
  }
  return find_command(command->subcommands, typed.substr(bar + 1));
}

template <class Set>
void append_names(std::string& reply, Set set, std::string_view mark) {
  std::vector<std::string> names;
  set.for_each(
      [&](std::string_view name) { names.push_back(std::string(mark) + std::string(name)); });
  append_array(reply, names.size());
  for (const std::string& name : names) {
    append_status(reply, name);
  }
}

/// Without hints and key specifications: clients that read only the first and last key do not miss
/// them.
void append_details(std::string& reply, const Command& command) {
  append_array(reply, 10);
  append_bulk(reply, command.full_name);
  append_integer(reply, command.arity);
  append_names(reply, command.flags, "");
  append_integer(reply, command.keys.first);
  append_integer(reply, command.keys.last);
  append_integer(reply, command.keys.step);
  append_names(reply, command.categories, "@");
  append_array(reply, 0);
  append_array(reply, 0);
  append_array(reply, command.subcommands.size());
  for (const Command& subcommand : command.subcommands) {
    append_details(reply, subcommand);
  }
}

/// The group of redis-cli's HELP.
std::string_view group_of(const Command& command) {
  const Categories categories = command.categories;
  if (categories.has(Category::string)) {
    return "string";
  }
  if (categories.has(Category::keyspace)) {
    return "generic";
  }
  if (categories.has(Category::transaction)) {
    return "transactions";
  }
  if (categories.has(Category::pubsub) || command.name == "pubsub") {
    return "pubsub";
  }
  return categories.has(Category::connection) ? "connection" : "server";
}

void append_docs(std::string& reply, const Command& command) {
  append_bulk(reply, command.full_name);
  append_array(reply, 6);
  append_bulk(reply, "summary"), append_bulk(reply, "Modelled by the simulator");
  append_bulk(reply, "since"), append_bulk(reply, "7.0.0");
  append_bulk(reply, "group"), append_bulk(reply, group_of(command));
}

}  // namespace

void list_commands(Request& request) {
  append_array(request.reply, command_table().size());
  for (const Command& command : command_table()) {
    append_details(request.reply, command);
  }
}

void command_count(Request& request) {
  append_integer(request.reply, static_cast<std::int64_t>(command_table().size()));
}

void command_info(Request& request) {
  const auto names = request.arguments.subspan(2);
  if (names.empty()) {
    list_commands(request);
    return;
  }
  append_array(request.reply, names.size());
  for (const std::string_view name : names) {
    if (const Command* command = find_by_full_name(name)) {
      append_details(request.reply, *command);
    } else {
      append_null_bulk(request.reply);
    }
  }
}

void command_docs(Request& request) {
  std::vector<const Command*> found;
  for (const std::string_view name : request.arguments.subspan(2)) {
    if (const Command* command = find_by_full_name(name)) {
      found.push_back(command);
    }
  }
  if (request.arguments.size() == 2) {
    for (const Command& command : command_table()) {
      found.push_back(&command);
    }
  }
  append_array(request.reply, 2 * found.size());
  for (const Command* command : found) {
    append_docs(request.reply, *command);
  }
}

/// All names, or with FILTERBY PATTERN those that fit; the model knows no other filter.
void command_list(Request& request) {
  const auto options = request.arguments.subspan(2);
  const bool filtered = options.size() == 3 && equals_ignoring_case(options[0], "FILTERBY") &&
                        equals_ignoring_case(options[1], "PATTERN");
  if (!options.empty() && !filtered) {
    request.refuse(syntax_error);
    return;
  }
  std::string pattern = filtered ? std::string(options[2]) : "*";
  std::ranges::transform(pattern, pattern.begin(), lower);
  std::vector<std::string_view> names;
  for (const Command& command : command_table()) {
    for (const Command& each : command.subcommands) {
      if (glob_matches(pattern, each.full_name)) {
        names.push_back(each.full_name);
      }
    }
    if (glob_matches(pattern, command.full_name)) {
      names.push_back(command.full_name);
    }
  }
  append_array(request.reply, names.size());
  for (const std::string_view name : names) {
    append_bulk(request.reply, name);
  }
}

}  // namespace arbees::sim::redis
