#include "sim/invariants/words.h"

#include <string_view>

namespace arbees::sim {

std::string in_words(Duration span) {
  const std::string_view sign = span < Duration{} ? "-" : "";
  const auto total =
      std::chrono::duration_cast<milliseconds>(span < Duration{} ? -span : span).count();
  std::string decimals = std::to_string(total % 1'000);
  decimals.insert(0, 3 - decimals.size(), '0');
  return std::string(sign) + std::to_string(total / 1'000) + "." + decimals + " s";
}

std::string in_words(SimTime time) { return in_words(time.time_since_epoch()); }

std::string in_words(const ShardId& shard, Boot boot) {
  return shard.str() + " (boot " + std::to_string(boot.value()) + ")";
}

}  // namespace arbees::sim
