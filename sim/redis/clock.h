#pragma once

#include "core/base/time.h"

namespace arbees::sim::redis {

/// The wall clock of the machine the server runs on: what keys expire by. May jump either way.
class ServerClock {
 public:
  virtual ~ServerClock() = default;
  [[nodiscard]] virtual WallTime wall_now() const = 0;
};

}  // namespace arbees::sim::redis
