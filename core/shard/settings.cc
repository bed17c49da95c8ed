#include "core/shard/settings.h"

namespace arbees {

std::string_view to_string(LeaseMode mode) {
  switch (mode) {
    case LeaseMode::off: return "off";
    case LeaseMode::suppress: return "suppress";
    case LeaseMode::stop: return "stop";
  }
  return "unknown";
}

}  // namespace arbees
