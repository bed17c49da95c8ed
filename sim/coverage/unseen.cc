#include "sim/coverage/unseen.h"

namespace arbees::sim {

std::uint64_t Unseen::expected_new_milli(std::uint64_t further) const {
  return runs == 0 ? further * 1'000 : once * 1'000 * further / runs;
}

std::uint64_t Unseen::estimated_unseen() const {
  // Chao2, in its form that needs no thing seen twice.
  return once * (once > 0 ? once - 1 : 0) / (2 * (twice + 1));
}

Unseen Sightings::unseen() const {
  Unseen unseen{.runs = runs_, .seen = runs_by_thing_.size()};
  for (const auto& [thing, runs] : runs_by_thing_) {
    unseen.once += runs == 1 ? 1 : 0;
    unseen.twice += runs == 2 ? 1 : 0;
  }
  return unseen;
}

}  // namespace arbees::sim
