#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sim/engine/stream.h"
#include "sim/engine/time.h"

namespace arbees::sim {

/// One thing that is wrong with a Redis server that runs.
struct RedisTrouble {
  enum class Kind : std::uint8_t {
    loading,              ///< was started again and reads its data set
    out_of_memory,        ///< refuses what needs memory
    cannot_save,          ///< refuses writes, and PING
    read_only,            ///< refuses writes
    busy,                 ///< runs a script that does not end
    full,                 ///< has as many clients as it takes
    password,             ///< wants a password nobody was told, and has sent everybody away
    no_channels,          ///< its access rules allow no channel any more
    slow,                 ///< each reply waits for a while
    flood,                ///< somebody publishes much on a channel
    replies_lost,         ///< the connection breaks between a PUBLISH and its reply
    messages_lost,        ///< messages are not handed to a subscriber, and nobody is told
    messages_duplicated,  ///< messages are handed to a subscriber twice
    messages_delayed,     ///< messages are handed to a subscriber late
    clients_killed,       ///< CLIENT KILL for everybody, once
  };
  Kind kind;
  DurationRange delay{};     ///< of slow, and of messages
  Ratio share{1, 1};         ///< of what can be lost, doubled or late
  bool overtaken = false;    ///< others pass a late message; else they wait behind it
  std::string channel = {};  ///< of flood
};

/// As scenario files name it: "redis_loading".
[[nodiscard]] std::string_view name(RedisTrouble::Kind kind);

}  // namespace arbees::sim
