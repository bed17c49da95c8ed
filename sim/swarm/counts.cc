#include "sim/swarm/counts.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace arbees::sim {
namespace {

struct Count {
  std::string_view name;
  std::int64_t least;
  std::int64_t most;
  /// Another one that stays below it by as much as at the defaults; empty: none.
  std::string_view below;
  std::int64_t by;
};

constexpr std::array counts{
    Count{"FAILOVER_GAMES_PER_SEC", 1, 20, {}, 0},
    Count{"HANDOFFS_MAX", 1, 20, {}, 0},
    Count{"HOLD_ENTER_PERCENT", 25, 75, "HOLD_LEAVE_PERCENT", 15},
};

}  // namespace

std::vector<std::pair<std::string, std::string>> draw_counts(const std::vector<SettingSource>& base,
                                                             Stream& draws) {
  std::vector<std::pair<std::string, std::string>> drawn;
  for (const Count& count : counts) {
    const bool given = std::ranges::any_of(base, [&](const SettingSource& source) {
      return source.values.contains(std::string(count.name)) ||
             source.values.contains(std::string(count.below));
    });
    const bool wanted = draws.chance({1, 4});
    const std::int64_t value = draws.between(count.least, count.most);
    if (given || !wanted) {
      continue;
    }
    drawn.emplace_back(count.name, std::to_string(value));
    if (!count.below.empty()) {
      drawn.emplace_back(count.below, std::to_string(value - count.by));
    }
  }
  return drawn;
}

}  // namespace arbees::sim
