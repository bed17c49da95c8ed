#pragma once

#include <expected>
#include <map>
#include <string>

#include "sim/scenario/fault_table.h"
#include "sim/scenario/library.h"

namespace arbees::sim {

/// For each kind of fault the scenario that shows it best, as "folder/name": one that is named after it, of
/// `faults` before `incidents` before the others, with as little beside it as there is. A kind that no
/// scenario has is missing. The error names a file that cannot be read.
[[nodiscard]] std::expected<std::map<FaultKind, std::string>, std::string> fault_examples(
    const ScenarioLibrary& library);

}  // namespace arbees::sim
