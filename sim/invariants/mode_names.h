#pragma once

#include <string_view>

namespace arbees::sim {

// Modes of an orchestrator, as events name them.
inline constexpr std::string_view blind_mode = "BLIND";
inline constexpr std::string_view warm_up_mode = "WARM_UP";
inline constexpr std::string_view hold_mode = "HOLD";
inline constexpr std::string_view paused_mode = "PAUSED";
inline constexpr std::string_view store_out_mode = "STORE_OUT";

}  // namespace arbees::sim
