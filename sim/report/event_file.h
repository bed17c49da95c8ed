#pragma once

#include <cstdint>
#include <expected>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/events/event.h"
#include "core/events/event_json.h"

namespace arbees::sim {

/// A field as it stands in an event file, with the name it has in the code (`silent`, not `silent_ms`).
using FieldValue =
    std::variant<std::string, std::uint64_t, bool, Duration, MonoTime, std::vector<std::string>>;

struct RecordedField {
  std::string name;
  FieldValue value;
};

/// An event read from a file; `Envelope` with a life of its own.
struct RecordedEvent {
  EventId id;
  EventId cause;
  std::int64_t t_ns = 0;
  std::string node;
  std::int64_t node_ns = 0;
  std::string event;
  Severity severity = Severity::info;
  std::vector<RecordedField> fields;

  /// The field's text, or empty if there is no such field or it is of another shape.
  [[nodiscard]] std::string_view text(std::string_view field) const;
  /// The field's list, or null.
  [[nodiscard]] const std::vector<std::string>* texts(std::string_view field) const;
  /// Shows the fields to what digests, prints or writes live events.
  void visit(FieldVisitor& visitor) const;
};

struct RecordedViolation {
  std::string invariant;  ///< "I1"
  std::int64_t t_ns = 0;
  std::string text;  ///< one sentence
  EventId event;     ///< where it was seen; none if it is no single event's
};

struct RecordedExpectation {
  std::string text;
  std::string status;  ///< "pass", "fail"
};

/// The last line: how the run was judged.
struct EventFileEnd {
  std::string digest;  ///< 16 hexadecimal digits
  std::string verdict;
  std::vector<RecordedViolation> violations;
  std::vector<RecordedExpectation> expectations;
};

/// A whole event file. Events are ordered by time, and as recorded where times are equal.
struct EventFile {
  EventFileHeader header;
  std::vector<RecordedEvent> events;
  EventFileEnd end;  ///< empty for a run that was not judged, as in production
  std::vector<std::string>
      warnings;  ///< what a reader should know: a torn last line, ids made anew

  /// The header's free field as text, or empty.
  [[nodiscard]] std::string more(std::string_view field) const;
  /// The event with this id, or null. Needs `reindex`, which reading does.
  [[nodiscard]] const RecordedEvent* find(EventId id) const;
  /// Orders the events and makes `find` work after `events` was changed.
  void reindex();

 private:
  std::vector<std::pair<std::uint64_t, std::size_t>> index_;  ///< (id, position), ordered
};

/// Writes an event file line by line. `out` must outlive it; its state says whether writing worked.
class EventFileWriter {
 public:
  EventFileWriter(std::ostream& out, const EventFileHeader& header);

  void event(const Envelope& envelope, std::int64_t t_ns);
  void event(const RecordedEvent& event);
  void end(const EventFileEnd& end);

 private:
  void flush_line();

  std::ostream& out_;
  std::string line_;
};

/// Reads one event file. `name` is what error texts call it. Lenient: unknown keys and blank lines are
/// ignored, a torn last line (the process was killed) is a warning. A header inside the file starts
/// a new process's events, whose ids are its own.
[[nodiscard]] std::expected<EventFile, std::string> read_event_file(std::istream& in,
                                                                    std::string_view name);

/// One story of the files of several processes, by `t_ns`. Ids that two of them used are made anew. The
/// header and the end are those of the first file that has them.
[[nodiscard]] EventFile merge_event_files(std::vector<EventFile> files);

}  // namespace arbees::sim
