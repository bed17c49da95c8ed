#pragma once

#include <cstdint>
#include <optional>

#include "core/base/time.h"
#include "core/orchestrator/command_queue.h"

// What tests of single parts of the core have in common: no clock runs there, moments are given.

namespace arbees::testing {

[[nodiscard]] inline MonoTime at(std::int64_t second) { return MonoTime(seconds{second}); }

inline const ResendPolicy until_settled{milliseconds{500}, seconds{8}, std::nullopt};

}  // namespace arbees::testing
