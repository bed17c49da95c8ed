#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>

#include "core/base/time.h"

namespace arbees {

/// Our own probe through Redis: published on the way of real heartbeats and expected back, it tells
/// whether shards would be heard (ownership.md 4.10). PONGs do not: a connection can answer them and
/// deliver nothing (H3).
class Canary {
 public:
  Canary(Duration period, Duration timeout) : period_(period), timeout_(timeout) {}

  [[nodiscard]] bool enabled() const { return period_ > Duration{0}; }

  /// A new probe; its number goes on the wire.
  std::uint64_t send(MonoTime now) {
    in_flight_.push_back({++last_nonce_, now});
    next_ = now + period_;
    return last_nonce_;
  }

  /// The probe came back: how long it took, or nothing for one not waited for any more. It proves
  /// that we could hear when it was sent; older ones are not waited for any longer.
  std::optional<Duration> heard(std::uint64_t nonce, MonoTime now) {
    while (!in_flight_.empty() && in_flight_.front().nonce < nonce) {
      in_flight_.pop_front();
    }
    if (in_flight_.empty() || in_flight_.front().nonce != nonce) {
      return std::nullopt;
    }
    const Duration round_trip = now - in_flight_.front().sent;
    proven_until_ = in_flight_.front().sent;
    last_heard_ = nonce;
    in_flight_.pop_front();
    return round_trip;
  }

  /// Whether this probe, or a later one, came back.
  [[nodiscard]] bool returned(std::uint64_t nonce) const { return last_heard_ >= nonce; }
  [[nodiscard]] bool due(MonoTime now) const { return enabled() && next_ <= now; }
  [[nodiscard]] bool missing(MonoTime now) const {
    return !in_flight_.empty() && in_flight_.front().sent + timeout_ <= now;
  }
  /// When `due` or `missing` changes next.
  [[nodiscard]] std::optional<MonoTime> deadline() const {
    if (!enabled()) {
      return std::nullopt;
    }
    return in_flight_.empty() ? next_ : std::min(next_, in_flight_.front().sent + timeout_);
  }
  /// The last moment of which we know that we could hear.
  [[nodiscard]] std::optional<MonoTime> proven_until() const { return proven_until_; }
  /// What was on its way is lost (the link broke): it is not waited for.
  void forget_in_flight() { in_flight_.clear(); }

 private:
  struct Probe {
    std::uint64_t nonce;
    MonoTime sent;
  };

  Duration period_;
  Duration timeout_;
  std::uint64_t last_nonce_ = 0;
  std::uint64_t last_heard_ = 0;
  MonoTime next_{};
  std::deque<Probe> in_flight_;
  std::optional<MonoTime> proven_until_;
};

}  // namespace arbees
