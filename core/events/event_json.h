#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/events/event.h"

namespace arbees {

// The event file, the contract between a run and everything made from it: JSON, one object a line.
//
//   header  {"schema":"arbees.events","schema_version":1,"clock":"virtual","program":…,"build":…, free fields}
//   events  {"id":7,"cause":5,"t_ns":60000000000,"node":"shard-1","node_ns":…,"event":"link_ready",
//            "severity":"info","fields":{"role":"subscriber","down_for_ms":0.25}}
//   end     {"end":{"digest":…,"verdict":…,"violations":[…],"expectations":[…]}}   (only of a finished run)
//
// A reader ignores keys it does not know. `schema_version` grows when an old reader would be wrong.

inline constexpr std::string_view event_file_schema = "arbees.events";
inline constexpr std::uint64_t event_file_version = 1;

/// Integers above this are written as decimal text: other JSON readers would round them (RFC 8259
/// section 6), and a rounded boot names another process.
inline constexpr std::uint64_t largest_json_integer = (std::uint64_t{1} << 53U) - 1;

/// Appends fields as the members of a JSON object, without the braces. A duration is named `<field>_ms`,
/// a moment `<field>_ns`.
class JsonFields final : public FieldVisitor {
 public:
  explicit JsonFields(std::string& out) : out_(out) {}

  void text(std::string_view field, std::string_view value) override;
  void count(std::string_view field, std::uint64_t value) override;
  void flag(std::string_view field, bool value) override;
  void duration(std::string_view field, Duration value) override;
  void moment(std::string_view field, MonoTime value) override;
  void texts(std::string_view field, std::span<const std::string_view> values) override;

 private:
  void key(std::string_view field, std::string_view unit);

  std::string& out_;
  bool first_ = true;
};

/// What the line of an event says beside its fields.
struct EventLine {
  EventId id;
  EventId cause;          ///< none: nobody caused it, and the line has no `cause`
  std::int64_t t_ns = 0;  ///< the file's time: virtual, or wall time since the Unix epoch
  std::string_view node;
  std::int64_t node_ns = 0;  ///< the node's own monotonic clock
  std::string_view event;
  Severity severity = Severity::info;
};

/// Appends the line up to the first field; `JsonFields` and `end_event_json` complete it.
void begin_event_json(std::string& out, const EventLine& line);
void end_event_json(std::string& out);

/// Appends one event, without a line end. `t_ns` is the file's time (see `EventLine`).
void append_event_json(std::string& out, const Envelope& envelope, std::int64_t t_ns);

/// Which clock `t_ns` is of.
enum class FileClock : std::uint8_t { virtual_time, wall };

[[nodiscard]] std::string_view to_string(FileClock clock);

/// Line 1 of an event file. `more` are free fields in their order; the timeline shows `scenario`,
/// `title`, `policy`, `seed` and `repro` (the command that makes this file again).
struct EventFileHeader {
  FileClock clock = FileClock::virtual_time;
  std::string program;
  std::string build;
  std::vector<std::pair<std::string, std::variant<std::string, std::uint64_t>>> more;
};

/// Appends the header, without a line end.
void append_header_json(std::string& out, const EventFileHeader& header);

}  // namespace arbees
