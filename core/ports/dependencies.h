#pragma once

#include <optional>
#include <string_view>

#include "core/base/ids.h"

namespace arbees {

/// What a shard works with beside Redis, as its host sees it.
class Dependencies {
 public:
  virtual ~Dependencies() = default;
  /// The event that led to it if the check of that name fails now; nothing if it passes.
  [[nodiscard]] virtual std::optional<EventId> failing(std::string_view check) const = 0;
};

}  // namespace arbees
