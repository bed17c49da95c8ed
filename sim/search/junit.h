#pragma once

#include <string>

#include "sim/search/summary.h"

namespace arbees::sim {

/// A search as JUnit XML: one case for each scenario (with its policy) and invariant, and one for its
/// expectations; a failure says the seed and the command that makes it again.
[[nodiscard]] std::string junit_xml(const Summary& summary);

}  // namespace arbees::sim
