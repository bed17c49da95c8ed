#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/redis/backoff.h"
#include "core/redis/bus.h"
#include "core/redis/handshake.h"
#include "core/redis/ping_clock.h"
#include "core/redis/resp_reader.h"

namespace arbees::redis {

/// What a sentinel said, and when it was asked.
struct MasterAnswer {
  Endpoint master;
  MonoTime asked;
  std::size_t sentinel = 0;  ///< its place in the settings
};

/// Hears what a MasterWatch learns. Each call is part of a step of the watch, never of a call to it.
class MasterObserver {
 public:
  virtual ~MasterObserver() = default;
  /// `cause` is the event that says so.
  virtual void on_master(const MasterAnswer& answer, EventId cause) = 0;
  /// Every sentinel was asked, and none named a master.
  virtual void on_no_master(const SessionEnd& end) = 0;
  /// A sentinel reports a failover.
  virtual void on_master_switched(const Endpoint& to, EventId cause) = 0;
  virtual void on_step_end() = 0;
};

/// Knows from Redis Sentinel which server is the master:
///
///   Idle/Waiting --ask, or its time--> Asking --answer--> Watching --its end--> Waiting
///                                       |  ^--the next one--'
///                                       `---no sentinel left--> Waiting
///
/// It talks to one sentinel at a time. The question and SUBSCRIBE +switch-master leave in one write, so no
/// failover falls between the answer and the first message. A subscribed connection takes no questions: each
/// `ask` dials anew, which also proves that the sentinel is there. A sentinel that answered is asked
/// first again, unless what it said proved wrong.
///
/// It has no timer: its host calls `advance` at `deadline`.
class MasterWatch final : ConnectionHandler {
 public:
  MasterWatch(Ports& ports, const BusSettings& settings, MasterObserver& observer);

  /// Asks, also if somebody is listened to already; a question under way is left to end. Whoever needs an
  /// answer asked later than that one asks again when it is there.
  void ask();
  /// What this sentinel said was of no use: it may be cut off from the others. Another one is asked next.
  void distrust(std::size_t sentinel);
  /// For good.
  void stop();

  void advance(MonoTime now);
  [[nodiscard]] std::optional<MonoTime> deadline() const;

 private:
  enum class Phase : std::uint8_t { idle, asking, watching, waiting, stopped };

  void on_connected() override;
  void on_data(std::string_view bytes) override;
  void on_drained() override {}
  void on_closed(CloseReason reason, std::string_view detail, EventId cause) override;

  /// Takes a reply; says why the sentinel is of no use, if so.
  [[nodiscard]] std::optional<SessionEnd> take(const Reply& reply, MonoTime now);
  [[nodiscard]] std::optional<SessionEnd> take_name(const Reply& reply);
  [[nodiscard]] std::optional<SessionEnd> take_subscribed(const Reply& reply);
  void take_switch(std::string_view message);
  void answered(MonoTime now);
  void begin_round();
  void dial();
  void ended(SessionEnd end);
  void report(const SessionEnd& end);
  void wait(Duration span);
  EventId note_switch(const Endpoint& to, std::string_view how, EventId cause);
  [[nodiscard]] std::string sentinel_name() const;

  Ports& ports_;
  const BusSettings& settings_;
  MasterObserver& observer_;
  Backoff backoff_;
  Phase phase_ = Phase::idle;

  // The connection there is, while asking and watching.
  std::unique_ptr<Connection> connection_;
  RespReader reader_;
  std::size_t replies_ = 0;        // taken, while asking
  std::optional<MonoTime> asked_;  // when the question left
  MonoTime due_{};                 // of the answer, or of the end of the wait
  std::optional<Endpoint> named_;  // what was answered, until the subscription is confirmed too
  std::optional<PingClock> pings_;
  MonoTime watching_since_{};

  std::size_t talking_ = 0;            // the sentinel the connection leads to
  std::size_t next_ = 0;               // the one that is asked next
  std::size_t failures_ = 0;           // of this round
  bool all_refused_ = true;            // whether each of them was for an operator to mend
  std::vector<std::string> reported_;  // why each sentinel was of no use since it last answered
  std::optional<Endpoint> master_;     // as last heard
};

}  // namespace arbees::redis
