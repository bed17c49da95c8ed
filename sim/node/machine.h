#pragma once

#include <cstdint>

#include "core/base/ids.h"
#include "sim/engine/node_index.h"
#include "sim/engine/recorder.h"
#include "sim/engine/time.h"
#include "sim/net/network.h"

namespace arbees::sim {

/// One node of the world with at most one program on it: what faults can do to any of them.
///
///   off --start--> running --crash, exit--> off
///                  running <--freeze, thaw--> frozen --crash--> off
///
/// Never called from inside a step of the program.
class Machine {
 public:
  enum class State : std::uint8_t { off, running, frozen };

  Machine(NodeIndex index, Network& network, Recorder& recorder, const SimTime& now);
  virtual ~Machine() = default;
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] NodeIndex index() const { return index_; }

  /// Starts the program of a machine that is off.
  void start(EventId cause);
  /// Ends it without a word, between two of its steps.
  void crash(EventId cause);
  void freeze(EventId cause);
  void thaw(EventId cause);
  /// Asks the program to end in order. Ignored by machines whose programs know no such thing.
  virtual void terminate() {}

 protected:
  virtual void run() = 0;
  /// Destroys the program; nothing it does meanwhile has an effect.
  virtual void vanish() = 0;
  /// From now on nothing the program does has an effect, and its kernel ends its connections.
  void stop(EventId cause);
  /// The program goes on; what the network held for it has been delivered.
  virtual void resume() {}

  /// The world ends: the program goes without an event, unheard.
  void discard();
  /// Ends the program by its own wish.
  void end(std::uint64_t code, std::string_view why, EventId cause);
  EventId record_as_world(EventView event, EventId cause);

  [[nodiscard]] SimTime now() const { return now_; }
  Network& network_;
  Recorder& recorder_;

 private:
  [[nodiscard]] NodeName name() const { return NodeName(recorder_.name(index_)); }

  NodeIndex index_;
  const SimTime& now_;
  State state_ = State::off;
  std::uint64_t starts_ = 0;
  SimTime frozen_since_{};
};

}  // namespace arbees::sim
