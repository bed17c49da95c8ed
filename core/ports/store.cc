#include "core/ports/store.h"

namespace arbees {

std::string_view to_string(GamePhase phase) {
  switch (phase) {
    case GamePhase::active: return "active";
    case GamePhase::removing: return "removing";
  }
  return "unknown";
}

}  // namespace arbees
