#include "sim/engine/stream.h"

#include <bit>
#include <limits>

#include "core/base/assert.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace arbees::sim {
namespace {

/// Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators" (2014).
std::uint64_t splitmix(std::uint64_t& state) {
  state += 0x9e3779b97f4a7c15U;
  std::uint64_t z = state;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31U);
}

/// log2(x) of x > 0 with 32 binary digits after the point, in integers: the digits come out one by
/// one from squaring the mantissa.
std::uint64_t log2_fixed(std::uint64_t x) {
  __extension__ using Wide = unsigned __int128;
  const auto whole = static_cast<std::uint64_t>(63 - std::countl_zero(x));
  std::uint64_t mantissa = x << (63U - whole);  // in [1, 2), 63 digits after the point
  std::uint64_t result = whole;
  for (int digit = 0; digit < 32; ++digit) {
    const Wide square = static_cast<Wide>(mantissa) * mantissa;  // 126 digits after the point
    const bool above_two = (square >> 127U) != 0;
    mantissa = static_cast<std::uint64_t>(square >> (above_two ? 64U : 63U));
    result = (result << 1U) | (above_two ? 1U : 0U);
  }
  return result;
}

}  // namespace

Stream::Stream(std::uint64_t root_seed, std::string_view name, std::uint64_t& all_draws,
               const TapeConfig& tape)
    : state_{}, all_draws_(all_draws) {
  std::uint64_t seed = XXH3_64bits_withSeed(name.data(), name.size(), root_seed);
  for (std::uint64_t& word : state_) {
    word = splitmix(seed);
  }
  if (tape.given != nullptr) {
    const auto found = tape.given->find(name);
    given_ = found == tape.given->end() ? nullptr : &found->second;
  }
  if (tape.kept != nullptr) {
    kept_ = &(*tape.kept)[std::string(name)];
  }
}

std::uint64_t Stream::next() {
  // Blackman, Vigna, "Scrambled Linear Pseudorandom Number Generators" (2021): xoshiro256**.
  std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t shifted = state_[1] << 17U;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  if (given_ != nullptr && draws_ < given_->size()) {
    result = (*given_)[draws_];
  }
  if (kept_ != nullptr) {
    kept_->push_back(result);
  }
  ++draws_;
  ++all_draws_;
  return result;
}

std::int64_t Stream::between(std::int64_t lo, std::int64_t hi) {
  ensure(lo <= hi, "a range to draw from has its lower end first");
  const std::uint64_t span = static_cast<std::uint64_t>(hi) - static_cast<std::uint64_t>(lo);
  const std::uint64_t offset =
      span == std::numeric_limits<std::uint64_t>::max() ? next() : below(span + 1);
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(lo) + offset);
}

Duration Stream::between(DurationRange range) {
  return Duration(between(range.lo.count(), range.hi.count()));
}

bool Stream::chance(Ratio ratio) {
  ensure(ratio.denominator > 0, "a chance needs a denominator");
  return below(ratio.denominator) < ratio.numerator;
}

Duration Stream::exponential(Duration mean) {
  ensure(mean >= Duration::zero(), "a mean waiting time is not negative");
  __extension__ using Wide = __int128;
  // -ln(u) = (64 - log2(x)) ln 2 with u = x / 2^64; ln 2 with 32 digits after the point.
  constexpr std::uint64_t ln2 = 2'977'044'471U;
  const std::uint64_t digits = (64ULL << 32U) - log2_fixed(next() | 1U);
  return Duration(
      static_cast<std::int64_t>((static_cast<Wide>(digits) * ln2 * mean.count()) >> 64U));
}

Stream& Streams::get(std::string_view name) {
  auto found = streams_.find(name);
  if (found == streams_.end()) {
    std::unique_ptr<Stream> stream(new Stream(root_seed_, name, all_draws_, tape_));
    found = streams_.emplace(std::string(name), std::move(stream)).first;
  }
  return *found->second;
}

}  // namespace arbees::sim
