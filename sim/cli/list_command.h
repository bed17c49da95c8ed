#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/cli/console.h"
#include "sim/scenario/library.h"

namespace arbees::sim {

/// What `arbees-chaos list` can show.
[[nodiscard]] const std::vector<std::string>& list_topics();

enum class ListForm : std::uint8_t { table, json, markdown };

[[nodiscard]] ChaosExit list_command(std::string_view topic, ListForm form,
                                     const ScenarioLibrary& library, Console& console);

}  // namespace arbees::sim
