#include "sim/swarm/pick.h"

#include "core/base/assert.h"

namespace arbees::sim {

std::string shard_named(std::uint64_t number) { return "shard-" + std::to_string(number); }

std::string any_shard(const SwarmDraw& fleet, Stream& draws) {
  return shard_named(
      static_cast<std::uint64_t>(draws.between(1, static_cast<std::int64_t>(fleet.shards))));
}

std::vector<std::string> some_shards(std::int64_t wanted, const SwarmDraw& fleet, Stream& draws) {
  ensure(wanted <= static_cast<std::int64_t>(fleet.shards), "there are so many shards");
  std::vector<std::string> names;
  for (std::uint64_t number = 1; number <= fleet.shards && wanted > 0; ++number) {
    const auto left = fleet.shards - number + 1;
    if (draws.chance({static_cast<std::uint64_t>(wanted), left})) {
      names.push_back(shard_named(number));
      --wanted;
    }
  }
  return names;
}

}  // namespace arbees::sim
