#pragma once

#include "sim/scenario/shape.h"

namespace arbees::sim {

/// What a scenario file may say: keys, kinds and ranges; what names mean is checked when it is read.
[[nodiscard]] const Shape& scenario_shape();
/// What a file of settings may say.
[[nodiscard]] const Shape& policy_file_shape();

}  // namespace arbees::sim
