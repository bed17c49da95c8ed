#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>

#include "core/redis/bus.h"
#include "core/redis/handshake.h"

namespace arbees::redis {

/// When a connection that works is asked whether it does, and when it has not answered for too long.
///
/// After `ping_interval` without a complete message or reply a PING is due, and then only its PONG counts:
///   * no byte for `reply_deadline` (or for the rest of `read_silence`, if that is shorter): over;
///   * bytes but no PONG: they may be a long message with the PONG behind it, so they are given the rest
///     of `read_silence`, and no more. A peer that drips bytes for ever answers nothing.
///
/// One PING with a deadline of its own, not a count of unanswered ones: two of them unanswered take two
/// intervals, and with the reconnect (10 + 4 s) come after a shard with beats every 5 s is suspect (12.5 s);
/// 5 + 2 + 4 s do not (ownership.md 6, relation 3).
///
/// The PING starts all spans: whoever slept himself has asked nothing and may judge nobody.
class PingClock {
 public:
  PingClock(const BusSettings& settings, MonoTime now)
      : interval_(settings.ping_interval),
        rest_(settings.read_silence - settings.ping_interval),
        patience_(std::min(settings.reply_deadline, rest_)),
        last_byte_(now),
        last_frame_(now) {}

  void on_bytes(MonoTime now) { last_byte_ = now; }
  void on_frame(MonoTime now) { last_frame_ = now; }
  void on_pong() { pinged_.reset(); }
  void on_pinged(MonoTime now) { pinged_ = now; }

  [[nodiscard]] bool ping_due(MonoTime now) const {
    return !pinged_.has_value() && now >= last_frame_ + interval_;
  }
  /// When `ping_due` or `verdict` may change.
  [[nodiscard]] MonoTime deadline() const {
    if (!pinged_.has_value()) {
      return last_frame_ + interval_;
    }
    return std::min(std::max(*pinged_, last_byte_) + patience_, *pinged_ + rest_);
  }
  /// When the PING that waits for its PONG is judged, if one does.
  [[nodiscard]] std::optional<MonoTime> judged_at() const {
    return pinged_.has_value() ? std::optional(deadline()) : std::nullopt;
  }
  /// Why the connection is of no more use, if so.
  [[nodiscard]] std::optional<SessionEnd> verdict(MonoTime now) const {
    if (!pinged_.has_value() || now < deadline()) {
      return std::nullopt;
    }
    if (last_byte_ <= *pinged_) {
      return SessionEnd{
          "silence", "no byte read for " + in_ms(now - last_byte_) + ", PING unanswered", {}};
    }
    return SessionEnd{
        "reply_late", "PING unanswered for " + in_ms(now - *pinged_) + " though bytes came", {}};
  }

 private:
  static std::string in_ms(Duration span) {
    return std::to_string(std::chrono::duration_cast<milliseconds>(span).count()) + " ms";
  }

  Duration interval_;
  Duration rest_;
  Duration patience_;
  MonoTime last_byte_;
  MonoTime last_frame_;
  std::optional<MonoTime> pinged_;
};

}  // namespace arbees::redis
