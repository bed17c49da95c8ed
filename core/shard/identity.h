#pragma once

#include <string>

#include "core/base/ids.h"
#include "core/ports/ports.h"

namespace arbees {

/// What tells this process of a shard from every other, drawn once at its start (ownership.md 1).
struct Identity {
  std::string process_id;  ///< in the form of a UUIDv4 (RFC 9562), as the existing shards have it
  Boot boot;
  std::string started_at;  ///< RFC 3339
};

[[nodiscard]] Identity draw_identity(Ports& ports);

}  // namespace arbees
