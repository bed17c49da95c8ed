#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/settings/settings.h"
#include "sim/engine/stream.h"

namespace arbees::sim {

/// Draws at most `most` settings, each as far from its default as the relations between settings
/// (ownership.md 6) just allow without a warning, or somewhere on the way. `base` are settings that are given;
/// those are left alone. Connections can be opened where a segment takes up to `longest_latency`.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> draw_settings_near_bounds(
    const std::vector<SettingSource>& base, Duration longest_latency, std::uint64_t most,
    Stream& draws);

/// Limits that only long outages reach, each in a share of the runs so low that short ones do.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> draw_low_limits(Stream& draws);

}  // namespace arbees::sim
