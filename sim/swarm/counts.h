#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/settings/settings.h"
#include "sim/engine/stream.h"

namespace arbees::sim {

/// Draws, for a share of the seeds each, settings that are numbers: how much is done at once, and how many shards are
/// many. At their defaults a small fleet never comes near them. `base` are settings that are given; those are left alone.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> draw_counts(
    const std::vector<SettingSource>& base, Stream& draws);

}  // namespace arbees::sim
