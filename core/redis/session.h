#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/redis/bus.h"
#include "core/redis/handshake.h"
#include "core/redis/ping_clock.h"
#include "core/redis/resp_reader.h"

namespace arbees::redis {

/// A publication on the wire, until its answer.
struct Published {
  PublicationId id;
  std::string channel;
  EventId cause;
};

/// Where a session puts what it reads. Nothing may be asked of the session from inside these calls but
/// to publish.
class SessionOutput {
 public:
  virtual ~SessionOutput() = default;
  virtual void on_session_ready() = 0;
  virtual void on_session_message(std::string_view channel, std::string_view payload) = 0;
  /// A message too long to be kept.
  virtual void on_session_message_refused(std::string_view channel, std::size_t bytes) = 0;
  virtual void on_session_answer(const Published& published, std::uint64_t receivers) = 0;
  virtual void on_session_refusal(const Published& published, std::string_view error) = 0;
};

/// One connection to the server, from the attempt to its end:
///
///   Connecting --> Handshaking --> [Subscribing] --> Ready
///
/// The first three share one deadline. A subscriber is ready only when every one of its subscriptions
/// was confirmed: a single deaf pattern looks like a fleet of dead shards.
///
/// A ready session is judged by what it reads, since bytes written vanish into the kernel of a machine
/// that is gone: every PUBLISH has `reply_deadline`, and a quiet connection is asked (PingClock).
class Session {
 public:
  Session(const BusSettings& settings, LinkRole role, std::span<const Subscription> subscriptions,
          std::unique_ptr<Connection> connection, MonoTime now);

  void connected();
  /// Reads; returns why the session must end, if it must.
  [[nodiscard]] std::optional<SessionEnd> data(std::string_view bytes, MonoTime now,
                                               SessionOutput& output);
  /// Does what is due; returns why the session must end, if it must.
  [[nodiscard]] std::optional<SessionEnd> advance(MonoTime now);
  [[nodiscard]] MonoTime deadline() const;

  [[nodiscard]] bool ready() const { return std::holds_alternative<Ready>(phase_); }
  [[nodiscard]] std::optional<MonoTime> judged_at() const;
  /// Whether one more publication may be put on the wire.
  [[nodiscard]] bool has_room() const;
  void publish(Published published, std::string_view payload, MonoTime now);
  /// The publications that nobody answered; the session is at its end.
  [[nodiscard]] std::vector<Published> take_unanswered();
  [[nodiscard]] bool idle() const;  ///< nothing on the wire awaits its answer

 private:
  struct Ping {};
  struct Awaited {
    std::variant<Ping, Published> what;
    MonoTime due;  ///< of a publication; a PING is judged by the PingClock
  };

  struct Connecting {};
  struct Handshaking {
    Handshake handshake;
  };
  struct Subscribing {
    std::size_t confirmed = 0;
  };
  struct Ready {
    PingClock pings;
    std::deque<Awaited> awaited;
  };

  [[nodiscard]] std::optional<SessionEnd> take(const Reply& reply, MonoTime now,
                                               SessionOutput& output);
  [[nodiscard]] std::optional<SessionEnd> take_push(const Reply& reply, MonoTime now,
                                                    SessionOutput& output);
  [[nodiscard]] std::optional<SessionEnd> take_confirmation(const Reply& reply, bool pattern,
                                                            MonoTime now, SessionOutput& output);
  [[nodiscard]] std::optional<SessionEnd> take_answer(const Reply& reply, SessionOutput& output);
  void after_handshake(MonoTime now, SessionOutput& output);
  void become_ready(MonoTime now, SessionOutput& output);
  void ping(Ready& state, MonoTime now);
  [[nodiscard]] std::optional<SessionEnd> take_pong();
  [[nodiscard]] std::string asked() const;
  [[nodiscard]] std::optional<SessionEnd> attempt_late() const;
  [[nodiscard]] static const Awaited* oldest_publication(const Ready& state);

  const BusSettings& settings_;
  LinkRole role_;
  std::span<const Subscription> subscriptions_;  // channels first, then patterns
  std::unique_ptr<Connection> connection_;
  RespReader reader_;
  MonoTime attempt_deadline_;
  std::variant<Connecting, Handshaking, Subscribing, Ready> phase_;
};

}  // namespace arbees::redis
