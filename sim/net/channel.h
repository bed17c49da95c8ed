#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/ports/transport.h"
#include "sim/engine/event_queue.h"
#include "sim/engine/node_index.h"
#include "sim/net/links.h"
#include "sim/net/pipe.h"

namespace arbees::sim {

/// How a connection ends for one side, until it has been told.
struct Ending {
  CloseReason reason;
  std::string_view detail;  ///< a literal
  EventId cause;
  bool at_once;  ///< told before what is still unread, and also to a program that does not read
};

/// One side of a connection, as its kernel and its program see it.
struct End {
  /// absent: not there (yet); connecting: SYN sent; waiting: complete, not yet accepted by its program.
  enum class State : std::uint8_t { absent, connecting, waiting, open, ended };

  NodeIndex host{};
  State state = State::absent;
  ConnectionHandler* handler = nullptr;
  Duration user_timeout{};
  bool paused = false;
  bool closing = false;     ///< `close` was called; the queue must leave first
  bool backlogged = false;  ///< the program was left with a queue
  bool tell_connected = false;
  bool tell_drained = false;
  bool listed = false;         ///< in its host's list of ends with something to tell
  std::size_t queue_told = 0;  ///< bytes in the queue when that was said last
  std::optional<Ending> ending;
  SimTime reads_from{};  ///< nothing is read before: a slow reader, or reads that are merged
  AlarmId attend{};      ///< when this end must be looked at without anything arriving
  SimTime attend_due{};
};

/// A connection: two ends and a pipe out of each. `pipes[s]` carries what end `s` writes.
struct Channel {
  std::uint32_t index = 0;
  std::uint64_t serial = 0;  ///< number of the connection; 0: this place is free
  std::array<End, 2> ends;
  std::array<Pipe, 2> pipes;
  std::array<AlarmId, 2> arrivals{};
  std::array<Link*, 2> links{};  ///< the direction each pipe takes
  std::uint16_t port = 0;
  EventId swallowed_by;  ///< the black hole that nothing of this connection leaves any more

  [[nodiscard]] static constexpr unsigned other(unsigned side) { return side ^ 1U; }
  /// Whether what end `side` sends arrives nowhere now.
  [[nodiscard]] bool blocked(unsigned side) const {
    return !swallowed_by.none() || links[side]->blocked();
  }
  [[nodiscard]] LinkKey link_key(unsigned side) const {
    return {.from = ends[side].host, .to = ends[other(side)].host};
  }
};

}  // namespace arbees::sim
