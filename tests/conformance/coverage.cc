#include "tests/conformance/coverage.h"

#include <algorithm>
#include <cstddef>
#include <iomanip>
#include <span>
#include <string_view>
#include <vector>

#include "sim/redis/command_table.h"

namespace arbees::testing {
namespace {

using sim::redis::Command;

const Command* find_in(std::span<const Command> table, std::string_view name) {
  const auto found = std::ranges::find(table, name, &Command::name);
  return found == table.end() ? nullptr : &*found;
}

/// They make the connection a replica's or the server a replica, with a stream of its own pace.
bool about_replication(std::string_view name) {
  return name == "psync" || name == "replconf" || name == "replicaof" || name == "slaveof";
}

/// "1234 (12 %)".
std::string counted(std::uint64_t part, std::uint64_t whole) {
  return std::to_string(part) + " (" + std::to_string(whole == 0 ? 0 : 100 * part / whole) + " %)";
}

}  // namespace

std::string name_in_table(const TypedCommand& command) {
  const Command* found = nullptr;
  if (!command.words.empty()) {
    found = find_in(sim::redis::command_table(), lower(command.words[0]));
  }
  if (found != nullptr && !found->subcommands.empty() && command.words.size() > 1) {
    found = find_in(found->subcommands, lower(command.words[1]));
  }
  return found == nullptr ? "(unknown)" : std::string(found->full_name);
}

std::vector<std::string> names_in_table() {
  std::vector<std::string> names;
  for (const Command& command : sim::redis::command_table()) {
    if (command.run != nullptr && !about_replication(command.name)) {
      names.emplace_back(command.full_name);
    }
    for (const Command& subcommand : command.subcommands) {
      names.emplace_back(subcommand.full_name);
    }
  }
  return names;
}

void Coverage::count(const std::string& command, ClientState state, Outcome outcome) {
  ++tried_[command][static_cast<std::size_t>(state)];
  ++commands_;
  refused_ += outcome.refused ? 1U : 0U;
  pushing_ += outcome.pushed ? 1U : 0U;
}

std::uint64_t Coverage::tried(const std::string& command, ClientState state) const {
  const auto found = tried_.find(command);
  return found == tried_.end() ? 0 : found->second[static_cast<std::size_t>(state)];
}

std::ostream& operator<<(std::ostream& out, const Coverage& coverage) {
  constexpr int name_width = 24;
  constexpr int width = 17;
  out << std::left << std::setw(name_width) << "tried" << std::right;
  for (const std::string_view state : state_names) {
    out << std::setw(width) << state;
  }
  for (const auto& [name, counts] : coverage.tried_) {
    out << '\n' << std::left << std::setw(name_width) << name << std::right;
    for (const std::uint64_t count : counts) {
      out << std::setw(width) << count;
    }
  }
  return out << '\n'
             << coverage.commands_ << " commands, "
             << counted(coverage.refused_, coverage.commands_) << " of them refused, "
             << counted(coverage.pushing_, coverage.commands_) << " with messages to others\n";
}

}  // namespace arbees::testing
