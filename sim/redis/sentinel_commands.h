#pragma once

#include <span>
#include <string>

#include "sim/redis/command.h"

namespace arbees::sim::redis {

class Sentinel;

/// Every command of a sentinel, by name.
[[nodiscard]] std::span<const Command> sentinel_command_table();

void append_sentinel_info(std::string& text, const Sentinel& sentinel);
void sentinel_role(Request& request);

}  // namespace arbees::sim::redis
