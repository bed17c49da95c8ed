#include "core/ports/entropy.h"

#include "core/base/assert.h"

namespace arbees {

std::uint64_t Entropy::below(std::uint64_t bound) {
  ensure(bound > 0, "a draw needs at least one outcome");
  // Lemire, "Fast Random Integer Generation in an Interval" (2019): multiply, reject the short tail.
  __extension__ using Wide = unsigned __int128;
  auto product = static_cast<Wide>(next()) * bound;
  auto low = static_cast<std::uint64_t>(product);
  if (low < bound) {
    const std::uint64_t threshold = (0 - bound) % bound;
    while (low < threshold) {
      product = static_cast<Wide>(next()) * bound;
      low = static_cast<std::uint64_t>(product);
    }
  }
  return static_cast<std::uint64_t>(product >> 64U);
}

}  // namespace arbees
