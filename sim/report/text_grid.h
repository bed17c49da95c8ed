#pragma once

#include <cstddef>
#include <iosfwd>

#include "core/events/event_text.h"
#include "sim/report/event_file.h"

namespace arbees::sim {

struct TextGridOptions {
  Charset charset = Charset::ascii;
  bool colour = false;      ///< ANSI colours by severity; the mark before the event says the same
  std::size_t width = 120;  ///< columns; longer lines are cut and end in "..."; 0: never cut
};

/// Writes a run for terminals and grep: one line for each event that changed something (the periodic ones
/// are left out), violations at their place among them.
///
///   time       id     node          event               fields
///   60.050000  #3:412 orchestrator  X shard_died        shard=shard-1 silent=60s games=(12)
void write_text_grid(std::ostream& out, const EventFile& file, const TextGridOptions& options);

}  // namespace arbees::sim
