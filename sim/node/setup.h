#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/ports/ports.h"
#include "sim/engine/time.h"

namespace arbees::sim {

class Disk;

/// Builds the program under test; called anew at every start of its node.
using ProgramFactory = std::function<std::unique_ptr<Program>(Ports&)>;

/// What one start of a program can keep its state in.
struct StoreSite {
  StoreImage& image;  ///< kept in memory, across the ends of programs
  Disk& disk;
  Clock& clock;
  EventSink& events;
  std::uint64_t seed;  ///< another one for each start
};

/// Builds the store of one start of a program over what survives its end.
using StoreFactory = std::function<std::unique_ptr<Store>(const StoreSite& site)>;

struct NodeSetup {
  std::string name;
  ProgramFactory factory;
  StoreFactory store = {};  ///< none: a store that answers `unavailable`
  /// Starts the program again this long after it exited by itself (a supervisor); none: it stays off.
  std::optional<Duration> restart_after_exit = {};
  bool disk_survives = true;  ///< whether the image in memory is still there at the next start
};

/// How far the clocks of nodes may be from the truth. Each node draws its own from its stream.
struct ClockConfig {
  std::int64_t drift_ppb_max = 50'000;  ///< 50 ppm: a cheap quartz
  Duration wall_skew_max = milliseconds{50};
  Duration uptime_max = std::chrono::hours{24};  ///< monotonic time at the start of the world
  WallTime wall_epoch{std::chrono::seconds{1'767'225'600}};  ///< 2026-01-01T00:00:00Z
};

}  // namespace arbees::sim
