#include "core/health/flap_damping.h"

#include <algorithm>
#include <utility>

#include "core/base/assert.h"

namespace arbees {
namespace {

/// More is not counted: after three half-lives without a flap the past is forgiven.
constexpr std::uint64_t most_limits = 4;

}  // namespace

bool FlapDamping::flapped(MonoTime now) {
  if (half_life_ == Duration{0}) {
    return false;
  }
  penalty_ = std::min(penalty(now) + one_flap, most_limits * limit_);
  counted_ = now;
  if (flapping() || penalty_ < limit_) {
    return false;
  }
  flapping_since_ = now;
  return true;
}

bool FlapDamping::advance(MonoTime now) {
  if (!flapping() || penalty(now) >= limit_ / 2) {
    return false;
  }
  flapping_since_.reset();
  return true;
}

// Halved for each whole half-life; within one it falls in a straight line, which lies above the curve.
std::uint64_t FlapDamping::penalty(MonoTime now) const {
  if (penalty_ == 0) {
    return 0;
  }
  const Duration age = now - counted_;
  const auto halvings = age / half_life_;
  if (halvings >= 64) {
    return 0;
  }
  const std::uint64_t whole = penalty_ >> static_cast<unsigned>(halvings);
  const auto rest = static_cast<std::uint64_t>((age % half_life_).count());
  return whole - whole * rest / (2 * static_cast<std::uint64_t>(half_life_.count()));
}

std::optional<MonoTime> FlapDamping::deadline() const {
  if (!flapping()) {
    return std::nullopt;
  }
  const std::uint64_t end = limit_ / 2;
  const auto twice = 2 * static_cast<std::uint64_t>(half_life_.count());
  MonoTime begin = counted_;
  for (std::uint64_t whole = penalty_; whole >= end; whole /= 2, begin += half_life_) {
    // The first moment of this half-life at which less than `end` is left.
    const std::uint64_t to_lose = whole - end + 1;
    const std::uint64_t rest = (to_lose * twice + whole - 1) / whole;
    if (rest < twice / 2) {
      return begin + Duration{static_cast<Duration::rep>(rest)};
    }
  }
  return begin;
}

}  // namespace arbees
