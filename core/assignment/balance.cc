#include "core/assignment/balance.h"

#include <algorithm>
#include <numeric>

#include "core/base/assert.h"

namespace arbees {
namespace {

/// Whether a is fuller than b: games/capacity compared without division.
bool fuller(const Load& a, const Load& b) { return a.games * b.capacity > b.games * a.capacity; }

/// A move is worth its interruption only if the receiver does not end up fuller than the giver was
/// before, less the game: otherwise the same game would come back in the next round.
bool improves(const Load& from, const Load& to) {
  return to.games < to.capacity && from.games > 0 &&
         (to.games + 1) * from.capacity <= (from.games - 1) * to.capacity;
}

bool uneven(const std::vector<Load>& loads, std::uint64_t trigger_percent) {
  const auto sum = [&](auto member) {
    return std::accumulate(
        loads.begin(), loads.end(), std::uint64_t{0},
        [&](std::uint64_t total, const Load& load) { return total + load.*member; });
  };
  const std::uint64_t games = sum(&Load::games);
  const std::uint64_t capacity = sum(&Load::capacity);
  return std::ranges::any_of(loads, [&](const Load& load) {
    return load.games * capacity * 100 > games * load.capacity * trigger_percent;
  });
}

}  // namespace

std::vector<BalanceMove> balance(std::vector<Load> loads, const BalancePolicy& policy) {
  std::vector<BalanceMove> moves;
  if (loads.size() < 2 || policy.trigger_percent == 0 || !uneven(loads, policy.trigger_percent)) {
    return moves;
  }
  std::ranges::sort(loads, {}, &Load::shard);
  while (moves.size() < policy.moves_max) {
    const auto by_fullness = [](const Load& a, const Load& b) { return fuller(b, a); };
    Load& from = *std::ranges::max_element(loads, by_fullness);
    Load& to = *std::ranges::min_element(loads, by_fullness);
    ensure(from.capacity > 0 && to.capacity > 0, "who takes no games is not balanced");
    if (!improves(from, to)) {
      break;
    }
    --from.games;
    ++to.games;
    moves.push_back({from.shard, to.shard});
  }
  return moves;
}

}  // namespace arbees
