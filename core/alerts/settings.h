#pragma once

#include <cstdint>
#include <string>

#include "core/base/time.h"

namespace arbees {

/// What can be said about alerts (docs/operations.md, "Alerts"). The log on stderr has them
/// whatever is set.
struct AlertSettings {
  bool publish = true;  ///< on alerts:critical and notification:events
  /// In `rate_period` a sink gets at most `burst` messages about alerts that begin; 0: any number.
  Duration rate_period = seconds{300};
  std::uint64_t burst = 10;
  std::string log_path = "/var/log/arbees/critical_alerts.log";  ///< empty: no file
};

}  // namespace arbees
