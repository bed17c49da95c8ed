#pragma once

#include <cstddef>

namespace arbees::prod {

/// Read from a connection at once at most: bounds a step, and what is held while reading is paused.
inline constexpr std::size_t read_size = std::size_t{64} * 1024;

}  // namespace arbees::prod
