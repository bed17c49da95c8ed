#pragma once

#include <span>
#include <string_view>

#include "sim/redis/command.h"
#include "sim/redis/text.h"

namespace arbees::sim::redis {

/// Every command of the model, by name.
[[nodiscard]] std::span<const Command> command_table();

/// By name, in letters of either case; null if the table has none.
[[nodiscard]] const Command* find_command(std::span<const Command> table, std::string_view typed);

}  // namespace arbees::sim::redis
