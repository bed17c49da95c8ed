#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace arbees::sim {

/// Reads a seed: decimal, hexadecimal as 0x…, or the 40 digits of a commit, of which the first 16 count.
[[nodiscard]] std::optional<std::uint64_t> parse_seed(std::string_view text);

/// Seeds from `first` to `last`, both included.
struct SeedRange {
  std::uint64_t first = 1;
  std::uint64_t last = 1;
};

/// Reads "A..B", with A not above B, both as in `parse_seed`.
[[nodiscard]] std::optional<SeedRange> parse_seeds(std::string_view text);

}  // namespace arbees::sim
