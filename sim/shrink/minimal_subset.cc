#include "sim/shrink/minimal_subset.h"

#include <algorithm>
#include <numeric>

namespace arbees::sim {
namespace {

using Indices = std::vector<std::size_t>;

/// All of `kept` but its part [from, to).
Indices without(const Indices& kept, std::size_t from, std::size_t to) {
  Indices rest(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(from));
  rest.insert(rest.end(), kept.begin() + static_cast<std::ptrdiff_t>(to), kept.end());
  return rest;
}

}  // namespace

Indices minimal_subset(std::size_t size,
                       const std::function<bool(std::span<const std::size_t>)>& holds,
                       const std::function<bool()>& stop) {
  Indices kept(size);
  std::iota(kept.begin(), kept.end(), std::size_t{0});
  if (size > 0 && holds({})) {
    return {};
  }
  for (std::size_t parts = 2; kept.size() > 1 && !stop();) {
    parts = std::min(parts, kept.size());
    bool smaller = false;
    for (std::size_t part = 0; part < parts && !smaller && !stop(); ++part) {
      const std::size_t from = kept.size() * part / parts;
      const std::size_t to = kept.size() * (part + 1) / parts;
      const Indices alone(kept.begin() + static_cast<std::ptrdiff_t>(from),
                          kept.begin() + static_cast<std::ptrdiff_t>(to));
      Indices rest = without(kept, from, to);
      if (parts > 2 && holds(alone)) {
        kept = alone;
        parts = 2;
        smaller = true;
      } else if (holds(rest)) {
        kept = std::move(rest);
        parts = std::max<std::size_t>(2, parts - 1);
        smaller = true;
      }
    }
    if (!smaller && parts == kept.size()) {
      break;
    }
    parts = smaller ? parts : parts * 2;
  }
  return kept;
}

}  // namespace arbees::sim
