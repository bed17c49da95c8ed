#pragma once

#include <cstdint>
#include <string_view>

#include "sim/engine/stream.h"
#include "sim/engine/time.h"

namespace arbees::sim {

/// One thing that is wrong with a node's disk.
struct DiskTrouble {
  enum class Kind : std::uint8_t {
    slow,    ///< every operation takes longer
    error,   ///< reads, writes and syncs fail
    full,    ///< no file can grow
    locked,  ///< another process holds the lock of every file that is not locked yet
    out,     ///< nothing can be done with any file
  };
  Kind kind;
  DurationRange delay{};  ///< of slow
  Ratio share{1, 1};      ///< of what can fail
};

/// As scenario files name it: "store_slow".
[[nodiscard]] std::string_view name(DiskTrouble::Kind kind);

}  // namespace arbees::sim
