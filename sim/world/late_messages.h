#pragma once

#include <map>
#include <optional>
#include <string>

#include "sim/engine/time.h"
#include "sim/redis/server.h"

namespace arbees::sim {

/// Messages that a Redis server hands over later than it should, in the order in which they are due.
class LateMessages {
 public:
  struct Message {
    redis::ClientId to;
    std::string push;
  };

  void put_off(SimTime due, Message message) { waiting_.emplace(due, std::move(message)); }
  /// When the last of those for `to` is due.
  [[nodiscard]] std::optional<SimTime> last_for(redis::ClientId to) const;
  [[nodiscard]] std::optional<SimTime> next() const;
  /// The first one, if it is due.
  [[nodiscard]] std::optional<Message> take_due(SimTime now);
  /// None waits beyond `now`; their order stays.
  void hurry(SimTime now);
  void clear() { waiting_.clear(); }

 private:
  std::multimap<SimTime, Message> waiting_;
};

}  // namespace arbees::sim
