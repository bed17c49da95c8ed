#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "core/wire/heartbeat.h"

namespace arbees {

/// The heartbeats one read of the connection brought, of each process only the newest.
///
/// After a stall of ours, or under overload, the kernel and Redis hold a backlog. The newest beat of a
/// process says all that its older ones said and is what gets answered, so the backlog costs what there
/// are processes, not what there are beats. It never grows: we read no further before it was taken.
///
/// A process keeps the place of its first beat. If its newest one moved behind the first beat of its
/// successor, a process never heard before would seem to come after the one that replaced it.
class Inbox {
 public:
  /// Returns the beat that has become pointless: an older one of the same process, or `beat` itself.
  std::optional<wire::Heartbeat> put(wire::Heartbeat beat);
  /// Empties it.
  [[nodiscard]] std::vector<wire::Heartbeat> take();
  [[nodiscard]] bool empty() const { return beats_.empty(); }

 private:
  std::vector<wire::Heartbeat> beats_;
  std::vector<std::size_t> by_process_;  // their places, in the order of their processes
};

}  // namespace arbees
