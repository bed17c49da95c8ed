#include "core/ports/store.h"

namespace arbees {

std::string_view to_string(GamePhase phase) {
  switch (phase) {
    case GamePhase::active: return "active";
    case GamePhase::prepare: return "prepare";
    case GamePhase::removing: return "removing";
  }
  return "unknown";
}

std::expected<void, StoreError> check_term(const StoreBatch& batch, Term stored) {
  if (batch.expected_term == stored) {
    return {};
  }
  return std::unexpected(
      StoreError{StoreFailure::superseded, "term " + std::to_string(stored.value()) +
                                               " is in office, not term " +
                                               std::to_string(batch.expected_term.value())});
}

}  // namespace arbees
