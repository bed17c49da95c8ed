#pragma once

#include <iosfwd>

#include "sim/report/event_file.h"

namespace arbees::sim {

/// Writes a run as one HTML page that needs nothing else: no network, no library. The events are data
/// in it, never markup: whatever their texts contain is shown as text.
void write_timeline(std::ostream& out, const EventFile& file);

}  // namespace arbees::sim
