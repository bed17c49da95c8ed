#include "core/health/breaker.h"

#include <algorithm>

#include "core/base/assert.h"

namespace arbees {

std::string_view to_string(BreakerState state) {
  switch (state) {
    case BreakerState::closed: return "closed";
    case BreakerState::open: return "open";
    case BreakerState::half_open: return "half_open";
  }
  return "unknown";
}

Breaker::Breaker(const BreakerLimits& limits, MonoTime now)
    : limits_(limits), state_(Closed{now}), next_open_(limits.open) {
  ensure(limits.failures > 0 && limits.successes > 0, "a breaker opens and closes by something");
}

BreakerState Breaker::state() const {
  constexpr BreakerState by_index[] = {BreakerState::closed, BreakerState::open,
                                       BreakerState::half_open};
  return by_index[state_.index()];
}

std::uint64_t Breaker::room(std::uint64_t free, std::uint64_t unproven) const {
  switch (state()) {
    case BreakerState::closed: return free;
    case BreakerState::open: return 0;
    case BreakerState::half_open:
      return std::min(free, limits_.successes - std::min(unproven, limits_.successes));
  }
  return 0;
}

Duration Breaker::not_closed(MonoTime now) const {
  return state() == BreakerState::closed ? Duration{0} : now - opened_;
}

std::optional<MonoTime> Breaker::deadline() const {
  const auto* open = std::get_if<Open>(&state_);
  return open == nullptr ? std::nullopt : std::optional(open->until);
}

std::optional<BreakerChange> Breaker::advance(MonoTime now) {
  const auto* open = std::get_if<Open>(&state_);
  if (open == nullptr || now < open->until) {
    return std::nullopt;
  }
  const BreakerChange change{BreakerState::open, BreakerState::half_open, failures_,
                             now - open->since, now - opened_};
  state_ = HalfOpen{now};
  return change;
}

std::optional<BreakerChange> Breaker::failed(MonoTime now) {
  if (auto* closed = std::get_if<Closed>(&state_)) {
    if (++closed->failures < limits_.failures) {
      return std::nullopt;
    }
    failures_ = closed->failures;
    opened_ = now;
    return open(BreakerState::closed, closed->since, now);
  }
  if (const auto* half_open = std::get_if<HalfOpen>(&state_)) {
    ++failures_;
    return open(BreakerState::half_open, half_open->since, now);
  }
  return std::nullopt;  // Open already; what fails meanwhile was begun before.
}

std::optional<BreakerChange> Breaker::served(MonoTime now) {
  if (auto* closed = std::get_if<Closed>(&state_)) {
    closed->failures = 0;
    next_open_ = limits_.open;
    return std::nullopt;
  }
  auto* half_open = std::get_if<HalfOpen>(&state_);
  return half_open == nullptr ? std::nullopt : succeed(*half_open, now);
}

std::optional<BreakerChange> Breaker::answered(MonoTime asked, MonoTime now) {
  auto* half_open = std::get_if<HalfOpen>(&state_);
  return half_open == nullptr || asked < half_open->since ? std::nullopt : succeed(*half_open, now);
}

std::optional<BreakerChange> Breaker::succeed(HalfOpen& half_open, MonoTime now) {
  if (++half_open.successes < limits_.successes) {
    return std::nullopt;
  }
  const BreakerChange change{BreakerState::half_open, BreakerState::closed, failures_,
                             now - half_open.since, now - opened_};
  state_ = Closed{now};
  return change;
}

BreakerChange Breaker::open(BreakerState from, MonoTime since, MonoTime now) {
  const BreakerChange change{from, BreakerState::open, failures_, now - since, now - opened_};
  state_ = Open{now, now + next_open_};
  next_open_ = std::min(next_open_ * 2, std::max(limits_.open_max, limits_.open));
  return change;
}

}  // namespace arbees
