#pragma once

#include <iosfwd>

#include "sim/report/event_file.h"

namespace arbees::sim {

/// Writes a run as one SVG picture for a README: faults, each node's process and status, the games by
/// owner, violations. Light and dark by the reader's preference; the same bytes for the same file.
void write_picture(std::ostream& out, const EventFile& file);

}  // namespace arbees::sim
