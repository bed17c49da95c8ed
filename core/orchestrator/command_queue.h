#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "core/base/ids.h"
#include "core/base/time.h"
#include "core/wire/shard_message.h"

namespace arbees {

/// When a command that nobody acknowledged is sent again.
struct ResendPolicy {
  Duration first;
  Duration cap;
  std::optional<std::uint64_t> limit;  ///< none: until it is settled
};

using Order = std::variant<wire::AddGame, wire::RemoveGame>;

/// A command on its way to one shard.
struct PendingCommand {
  CommandSeq seq;
  Order order;
  EventId cause;
  MonoTime issued;
  std::uint64_t attempts = 0;
  std::optional<MonoTime> due;  ///< of the next attempt; none: all attempts are made
  MonoTime sent{};              ///< the last attempt
  std::uint64_t unanswering_beats =
      0;                ///< made when it could have been applied, and silent about it
  bool failed = false;  ///< counted as a failure of the shard, which it is once
  bool alerted = false;
  bool unheard = false;  ///< the last PUBLISH reached nobody

  [[nodiscard]] const GameId& game() const;
  [[nodiscard]] Epoch epoch() const;
  [[nodiscard]] std::string_view type() const;
};

/// The commands one incarnation of a shard has not settled yet, at most one per game: a newer order
/// for a game makes the older one pointless.
class CommandQueue {
 public:
  explicit CommandQueue(const ResendPolicy& policy) : policy_(policy) {}

  /// Takes the next number; returns the command this one supersedes.
  std::optional<PendingCommand> push(Order order, MonoTime first_attempt, MonoTime now,
                                     EventId cause);

  /// The lowest number still wanted (wire::CommandNumber).
  [[nodiscard]] CommandSeq floor() const;
  [[nodiscard]] const PendingCommand* of_game(const GameId& game) const;
  /// How many of them are removals.
  [[nodiscard]] std::uint64_t removals() const;
  [[nodiscard]] bool empty() const { return pending_.empty(); }
  [[nodiscard]] const std::map<CommandSeq, PendingCommand>& pending() const { return pending_; }
  [[nodiscard]] std::optional<MonoTime> deadline() const;

  /// The commands due now, each counted as attempted and scheduled anew with doubled wait.
  std::vector<PendingCommand> take_due(MonoTime now);
  /// PUBLISH reached nobody: the next attempt comes early, once; then it backs off as usual (H9).
  void reached_nobody(CommandSeq seq, MonoTime retry);
  /// The shard listens again: what reached nobody is due at once, not when the backoff says.
  void listener_is_back(MonoTime now);
  /// Whatever was said is to be said again, now (after a reconnect).
  void make_all_due(MonoTime now);
  void mark_alerted(CommandSeq seq);
  /// A beat came, and what is still here is not acknowledged by it. How many commands failed by that:
  /// each that is `patience` old, and of which two beats said nothing although they came `answer_time`
  /// after an attempt. Earlier ones were made before the command could arrive, and say nothing (M4); the
  /// first after an outage may be as old.
  std::uint64_t unanswered(MonoTime now, Duration patience, Duration answer_time);

  std::optional<PendingCommand> settle(CommandSeq seq);
  std::vector<PendingCommand> abandon_all();

 private:
  ResendPolicy policy_;
  CommandSeq last_seq_;
  std::map<CommandSeq, PendingCommand> pending_;
  std::map<GameId, CommandSeq> by_game_;
};

}  // namespace arbees
