#pragma once

#include <deque>
#include <string_view>
#include <vector>

#include "core/shard/events.h"
#include "sim/engine/first_seen_map.h"
#include "sim/invariants/fleet_state.h"
#include "sim/invariants/invariant.h"
#include "sim/world/events.h"

namespace arbees::sim {

/// I13. A signal that was emitted reaches the consumer in the same instant, once: it is accepted or refused
/// (SignalAccepted, SignalRefused). What is lost is named by this checker as a range of numbers of one game,
/// epoch and process; so that a consumer can tell a loss too, each process numbers the signals of a game
/// and epoch without a gap.
///
/// The feed of the simulator loses nothing, so no event of the core names a loss yet.
///
/// Counter-example: signals 5 to 7 are emitted while the consumer is away, the next it gets is 8, and
/// nobody says so.
///
/// Exercised by: each signal that was delivered, or was not.
class SignalsArrive final : public Invariant {
 public:
  static constexpr std::string_view name = "I13";
  static constexpr std::string_view says =
      "every signal emitted is delivered exactly once, or its loss is named as a range";

  SignalsArrive(const Limits& limits, const FleetState& fleet);

 private:
  /// Signals of one process for one game and epoch, numbered in a row.
  struct Row {
    ShardId shard;
    Boot boot;
    GameId game;
    Epoch epoch;
    SignalSeq from;
    SignalSeq to;
    SimTime emitted;  ///< the first of them
    EventId event;    ///< that emission

    /// One without an epoch (old wire) counts as of another.
    template <class Signal>
    [[nodiscard]] bool is_of(const Signal& signal) const {
      return boot == signal.boot && game == signal.game &&
             (epoch == signal.epoch || epoch.none()) && shard == signal.shard;
    }
  };
  /// The last signal that was emitted for a game.
  struct Last {
    Boot boot;
    Epoch epoch;
    SignalSeq seq;
  };

  void on_emitted(const SignalEmitted& event, const SimEnvelope& at);
  void on_accepted(const SignalAccepted& event, const SimEnvelope& at);
  void on_refused(const SignalRefused& event, const SimEnvelope& at);
  void expired(SimTime moment) override;
  void finish(SimTime end) override;

  template <class Delivered>
  void arrived(const Delivered& event, const SimEnvelope& at);
  void report(const Row& lost, SimTime noticed);

  FirstSeenMap<GameId, Last> last_;
  std::deque<Row> awaited_;  ///< of this instant, one signal each
  std::vector<Row> lost_;    ///< not yet reported: the next one may be lost too
};

}  // namespace arbees::sim
