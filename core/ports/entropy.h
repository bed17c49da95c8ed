#pragma once

#include <cstdint>

namespace arbees {

/// Random bits for jitter and identities. One draw per full expression: `f(next(), next())` would
/// give different results with different compilers.
class Entropy {
 public:
  virtual ~Entropy() = default;
  [[nodiscard]] virtual std::uint64_t next() = 0;

  /// Uniform in [0, bound), without modulo bias. `bound` must not be zero.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound);
};

}  // namespace arbees
