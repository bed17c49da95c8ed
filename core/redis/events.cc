#include "core/redis/events.h"

namespace arbees::redis {

std::string_view to_string(LinkRole role) {
  switch (role) {
    case LinkRole::subscriber: return "subscriber";
    case LinkRole::publisher: return "publisher";
  }
  return "unknown";
}

}  // namespace arbees::redis
