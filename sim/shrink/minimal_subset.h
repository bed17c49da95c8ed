#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

namespace arbees::sim {

/// Of `size` elements a subset for which `holds` is still true, and no longer is without any single one of
/// its elements (1-minimal), as indices in order. Zeller, Hildebrandt, "Simplifying and Isolating
/// Failure-Inducing Input" (2002): ddmin. `holds` must be true of all elements. Ends early, with what it has
/// by then, when `stop` says so.
[[nodiscard]] std::vector<std::size_t> minimal_subset(
    std::size_t size, const std::function<bool(std::span<const std::size_t>)>& holds,
    const std::function<bool()>& stop);

}  // namespace arbees::sim
