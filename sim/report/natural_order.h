#pragma once

#include <string_view>

namespace arbees::sim {

/// Orders names as people do: `shard-2` before `shard-10`.
[[nodiscard]] bool natural_less(std::string_view a, std::string_view b);

}  // namespace arbees::sim
