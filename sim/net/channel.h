#pragma once

#include <array>
#include <cstdint>
#include <memory>
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

/// One side of a connection, as its kernel and its program see it. One line of the cache.
struct alignas(64) End {
  /// absent: not there (yet); connecting: SYN sent; waiting: complete, not yet accepted by its program.
  enum class State : std::uint8_t { absent, connecting, waiting, open, ended };

  NodeIndex host{};
  AlarmId attend{};  ///< when this end must be looked at without anything arriving
  SimTime attend_due{};
  ConnectionHandler* handler = nullptr;
  std::unique_ptr<Ending> ending;
  SimTime reads_from{};  ///< nothing is read before: a slow reader, or reads that are merged
  Duration user_timeout{};
  std::size_t queue_told = 0;  ///< bytes in the queue when that was said last
  State state = State::absent;
  bool paused = false;
  bool closing = false;     ///< `close` was called; the queue must leave first
  bool backlogged = false;  ///< the program was left with a queue
  bool tell_connected = false;
  bool tell_drained = false;
  bool listed = false;  ///< in its host's list of ends with something to tell
};

// The two ends of a connection: who asked for it, and who accepts it.
inline constexpr unsigned client_side = 0;
inline constexpr unsigned server_side = 1;

/// A connection: two ends and a pipe out of each. `pipes[s]` carries what end `s` writes.
///
/// Among many connections, that of the next message is not in the cache. So a message touches four lines of
/// it: the first one, one for each end, and that of its pipe.
struct alignas(64) Channel {
  std::uint32_t index = 0;
  std::uint64_t serial = 0;  ///< number of the connection; 0: this place is free
  EventId swallowed_by;      ///< the black hole that nothing of this connection leaves any more
  std::array<const Link*, 2> links{};  ///< the direction each pipe takes
  std::uint16_t port = 0;
  std::array<End, 2> ends;
  std::array<Pipe, 2> pipes;

  [[nodiscard]] static constexpr unsigned other(unsigned side) { return side ^ 1U; }
  /// Whether what end `side` sends arrives nowhere now.
  [[nodiscard]] bool blocked(unsigned side) const {
    return !swallowed_by.none() || links[side]->blocked();
  }
  [[nodiscard]] LinkKey link_key(unsigned side) const {
    return {.from = ends[side].host, .to = ends[other(side)].host};
  }
};
static_assert(sizeof(End) == 64 && sizeof(Pipe) == 64);

}  // namespace arbees::sim
