#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/ports/entropy.h"
#include "sim/engine/time.h"

namespace arbees::sim {

/// A chance of `numerator` in `denominator`.
struct Ratio {
  std::uint64_t numerator;
  std::uint64_t denominator;

  friend bool operator==(const Ratio&, const Ratio&) = default;
};

/// The draws of a run by the name of their stream, in order. A build that draws otherwise can be given them.
using Tape = std::map<std::string, std::vector<std::uint64_t>, std::less<>>;

struct TapeConfig {
  const Tape* given =
      nullptr;           ///< draws to repeat, as far as they reach; then those of the seed follow
  Tape* kept = nullptr;  ///< where each draw is kept
};

/// One named sequence of draws (xoshiro256**), all in integers: the same on every compiler and
/// machine. Made only by `Streams`, so that nothing can be drawn before the seed is known.
class Stream final : public Entropy {
 public:
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  [[nodiscard]] std::uint64_t next() override;
  /// Uniform in [lo, hi].
  [[nodiscard]] std::int64_t between(std::int64_t lo, std::int64_t hi);
  [[nodiscard]] Duration between(DurationRange range);
  [[nodiscard]] bool chance(Ratio ratio);
  /// Exponentially distributed with the given mean, at most 44 times the mean; never negative.
  [[nodiscard]] Duration exponential(Duration mean);
  /// Draws made from this stream so far.
  [[nodiscard]] std::uint64_t draws() const { return draws_; }

 private:
  friend class Streams;
  Stream(std::uint64_t root_seed, std::string_view name, std::uint64_t& all_draws,
         const TapeConfig& tape);

  std::array<std::uint64_t, 4> state_;
  std::uint64_t draws_ = 0;
  std::uint64_t& all_draws_;
  const std::vector<std::uint64_t>* given_ = nullptr;
  std::vector<std::uint64_t>* kept_ = nullptr;
};

/// All streams of one world. Each depends on (root seed, name) alone: a new draw in one place never
/// shifts another. They live as long as this object.
class Streams {
 public:
  /// What the tapes point to must outlive the streams.
  explicit Streams(std::uint64_t root_seed, const TapeConfig& tape = {})
      : root_seed_(root_seed), tape_(tape) {}
  Streams(const Streams&) = delete;
  Streams& operator=(const Streams&) = delete;

  /// The stream of that name ("network", "faults", "workload", "node:<id>"), always the same one.
  [[nodiscard]] Stream& get(std::string_view name);
  [[nodiscard]] std::uint64_t root_seed() const { return root_seed_; }
  /// Draws made from all streams so far.
  [[nodiscard]] std::uint64_t draws() const { return all_draws_; }

 private:
  std::uint64_t root_seed_;
  TapeConfig tape_;
  std::uint64_t all_draws_ = 0;
  std::map<std::string, std::unique_ptr<Stream>, std::less<>> streams_;
};

}  // namespace arbees::sim
