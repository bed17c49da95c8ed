#pragma once

#include <cstdint>

#include "core/ports/entropy.h"

namespace arbees::prod {

/// 64 bits from the operating system.
[[nodiscard]] std::uint64_t system_seed();

/// Draws that follow from one seed (SplitMix64: every value once in 2^64 draws), so that what a process
/// drew can be told from the seed it recorded at its start. For jitter and identities, not for secrets.
class SeededEntropy final : public Entropy {
 public:
  explicit SeededEntropy(std::uint64_t seed) : state_(seed) {}
  [[nodiscard]] std::uint64_t next() override;

 private:
  std::uint64_t state_;
};

}  // namespace arbees::prod
