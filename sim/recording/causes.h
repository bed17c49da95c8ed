#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "sim/report/event_file.h"

namespace arbees::sim {

/// The events that led to one, from its root (which nobody caused: a fault, a start, a timer of normal
/// life) to the event itself. Empty if the file has no such event.
[[nodiscard]] std::vector<const RecordedEvent*> chain_of_causes(const EventFile& file,
                                                                EventId event);

/// One event on one line: time, node, id, name and fields.
[[nodiscard]] std::string event_line(const RecordedEvent& event);

/// The chain, an event a line, and what its root is.
[[nodiscard]] std::string chain_text(const std::vector<const RecordedEvent*>& chain);

/// The faults that had begun and not healed at a moment, an event a line: what may stand behind an event that
/// no other caused, such as a silence.
[[nodiscard]] std::string faults_going_on(const EventFile& file, std::int64_t t_ns);

/// Finds the event that a person means: "3:17" (node and number, as reports name it), "17" (of the world),
/// an id as event files have it, "violation" (what shows the first one), the name of an event (the first), or
/// "name#4" (the fourth of them).
[[nodiscard]] std::expected<EventId, std::string> find_event(const EventFile& file,
                                                             std::string_view text);

}  // namespace arbees::sim
