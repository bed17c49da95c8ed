#pragma once

#include <string_view>

namespace arbees::sim {

// Modes of an orchestrator, as events name them.
inline constexpr std::string_view blind_mode = "BLIND";
inline constexpr std::string_view warm_up_mode = "WARM_UP";
inline constexpr std::string_view hold_mode = "HOLD";

}  // namespace arbees::sim
