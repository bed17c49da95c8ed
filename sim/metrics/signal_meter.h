#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/assignment/events.h"
#include "core/shard/events.h"
#include "sim/engine/first_seen_map.h"
#include "sim/invariants/limits.h"
#include "sim/invariants/listener.h"
#include "sim/metrics/metrics.h"
#include "sim/world/events.h"

namespace arbees::sim {

/// Measures ownership by what it is for: signals.
///
/// - An emission is *rightful* if nobody has emitted for the game under a higher epoch.
/// - A live game (GameDiscovered, or named by the limits, to GameEnded) is *dark* between two rightful
///   emissions for what their distance exceeds one signal period, if it exceeds one and a half (less is
///   the phase of a timer). The first emission begins the count; without one it begins when the initial
///   placement should be over (longest WARM_UP and the time to connect).
/// - A second of a game is *doubled* if someone emits in it although not rightful, or in turn with another
///   where there are no epochs, while the other emitted at most one period before. A handover, however
///   close, doubles nothing.
/// - A signal is *duplicated* if the consumer took it again, or after one of a higher epoch, or from two
///   emitters under one epoch (without epochs: within one second).
/// - A signal is *lost* if the consumer neither took nor refused it.
class SignalMeter final : public Listener {
 public:
  /// `limits` must outlive it.
  explicit SignalMeter(const Limits& limits);

  void finish(SimTime end) override;
  /// Fills in what signals show. After `finish`.
  void report(RunMetrics& metrics) const;
  /// The last rightful emission for the game; none: there was none yet.
  [[nodiscard]] std::optional<SimTime> last_emission(const GameId& game);

 private:
  struct Emitter {
    ShardId shard;
    Boot boot;
    SimTime last{};
  };
  struct Game {
    bool live = false;
    SimTime served_until{};  ///< the end of the initial placement, then the last rightful emission
    bool emitted = false;
    Epoch highest;
    std::size_t rightful = 0;  ///< place in `emitters` of who emits under `highest`
    std::vector<Emitter> emitters;
    std::int64_t doubled_second = -1;  ///< the last one counted

    bool accepted = false;
    Epoch accepted_epoch;
    SignalSeq accepted_seq;
    ShardId accepted_shard;
    Boot accepted_boot;
    SimTime accepted_at{};
  };

  void on_discovered(const GameDiscovered& event, const SimEnvelope& at);
  void on_ended(const GameEnded& event, const SimEnvelope& at);
  void on_emitted(const SignalEmitted& event, const SimEnvelope& at);
  void on_accepted(const SignalAccepted& event, const SimEnvelope& at);
  void on_refused(const SignalRefused& event, const SimEnvelope& at);

  void begin(Game& game, SimTime now);
  void count_dark(const Game& game, SimTime until);
  static std::size_t place_of(Game& game, const SignalEmitted& event);
  void count_doubled(Game& game, SimTime now);
  [[nodiscard]] bool another_since(const Game& game, std::size_t place, SimTime since) const;

  const Limits& limits_;
  FirstSeenMap<GameId, Game> games_;
  Duration dark_{};
  Duration duplicate_owner_{};
  std::uint64_t emitted_ = 0;
  std::uint64_t accepted_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t duplicated_ = 0;
};

}  // namespace arbees::sim
