#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/redis/backoff.h"
#include "core/redis/bus.h"
#include "core/redis/master_watch.h"
#include "core/redis/session.h"

namespace arbees::redis {

/// Hears what one link does. Each call is part of a step of the link, never of a call to it, and may
/// ask the link to publish.
class LinkObserver {
 public:
  virtual ~LinkObserver() = default;
  virtual void on_ready(LinkRole role, EventId cause) = 0;
  /// `unanswered` left, and nobody knows whether they arrived.
  virtual void on_lost(LinkRole role, EventId cause, std::vector<Published> unanswered) = 0;
  virtual void on_message(std::string_view channel, std::string_view payload) = 0;
  virtual void on_answer(const Published& published, std::uint64_t receivers) = 0;
  /// The server would not publish it.
  virtual void on_refusal(const Published& published, std::string_view error) = 0;
  /// The server this sentinel named was of no use.
  virtual void on_wrong_master(std::size_t sentinel) = 0;
  /// Last of each step the transport caused: deadlines may have moved, and there may be room.
  virtual void on_step_end() = 0;
};

/// One of the two connections of a bus over time: session after session, with a wait in between.
///
///   Idle --start--> Session --end--> Waiting --its time--> Session ...
///                              `---> GivenUp, when the attempts are bounded and used up
///
/// Where sentinels say which server it is, each attempt begins in Resolving, until `master_is` brings an
/// answer to a question asked since: an older one may name a server that has been demoted.
///
/// It has no timer: its host calls `advance` at `deadline`.
class Link final : ConnectionHandler, SessionOutput {
 public:
  Link(Ports& ports, const BusSettings& settings, LinkRole role,
       std::vector<Subscription> subscriptions, LinkObserver& observer);

  void start(EventId cause);
  /// Ends a ready session and skips a wait. An attempt under way is new enough, and goes on.
  void reconnect(std::string_view why, EventId cause);

  /// Whether it waits to be told where the master is.
  [[nodiscard]] bool resolving() const { return std::holds_alternative<Resolving>(state_); }
  /// A sentinel's answer: connects there, or leaves another server at once.
  void master_is(const MasterAnswer& answer, EventId cause);
  /// No sentinel has one: the attempt has failed.
  void no_master(const SessionEnd& end);
  /// Another server is the master now: leaves any other at once, ready or not, and skips a wait.
  void master_switched(const Endpoint& to, EventId cause);

  /// Drops the connection for good; returns what was not answered.
  [[nodiscard]] std::vector<Published> stop();

  void advance(MonoTime now);
  [[nodiscard]] std::optional<MonoTime> deadline() const;

  [[nodiscard]] bool ready() const;
  [[nodiscard]] std::optional<MonoTime> judged_at() const;
  [[nodiscard]] bool given_up() const { return std::holds_alternative<GivenUp>(state_); }
  [[nodiscard]] bool has_room() const;
  [[nodiscard]] bool idle() const;  ///< no publication awaits its answer
  void publish(Published published, std::string_view payload, MonoTime now);

 private:
  struct Idle {};
  struct Resolving {
    MonoTime since;
  };
  struct Waiting {
    MonoTime until;
  };
  struct GivenUp {};

  void on_connected() override;
  void on_data(std::string_view bytes) override;
  void on_drained() override;
  void on_closed(CloseReason reason, std::string_view detail, EventId cause) override;

  void on_session_ready() override;
  void on_session_message(std::string_view channel, std::string_view payload) override;
  void on_session_message_refused(std::string_view channel, std::size_t bytes) override;
  void on_session_answer(const Published& published, std::uint64_t receivers) override;
  void on_session_refusal(const Published& published, std::string_view error) override;

  [[nodiscard]] Session& session();
  void begin_attempt(MonoTime now);
  void connect(const Endpoint& endpoint, MonoTime now);
  void end_session(const SessionEnd& end, MonoTime now);
  void attempt_failed(const SessionEnd& end, MonoTime now);
  void lost(const SessionEnd& end, MonoTime now);
  /// Until the next attempt after this end; none when no more are allowed.
  [[nodiscard]] std::optional<Duration> wait_after(const SessionEnd& end);
  void wait(std::optional<Duration> wait, MonoTime now);
  void report_misconfigured(std::string_view detail, EventId cause);

  Ports& ports_;
  const BusSettings& settings_;
  LinkRole role_;
  std::vector<Subscription> subscriptions_;  // channels first, then patterns
  LinkObserver& observer_;
  Backoff backoff_;
  std::variant<Idle, Resolving, Session, Waiting, GivenUp> state_;
  std::optional<MasterAnswer> attached_;  // where the session leads, if a sentinel said so
  std::optional<Endpoint> tried_;         // where the last attempt led, if a sentinel said so

  MonoTime down_since_{};
  MonoTime ready_since_{};
  std::uint64_t attempts_ = 0;  // since the link was lost, or since the start
  bool was_ready_ = false;      // ever
  EventId last_event_;          // the start, the loss or the failed attempt that led here
  std::string misconfigured_;   // what was reported since the link was last ready
  std::set<std::string, std::less<>> forbidden_;  // channels whose PUBLISH was reported as refused
};

}  // namespace arbees::redis
