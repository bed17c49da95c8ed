#include "prod/events/event_tail.h"

#include <source_location>

#include <unistd.h>

#include "core/base/assert.h"
#include "core/events/event_text.h"
#include "prod/events/packed_event.h"

namespace arbees::prod {
namespace {

// An assertion can fail anywhere, with nothing at hand but this.
const EventTail* tail_to_print = nullptr;

void say(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
    if (written <= 0)
      return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void report_assertion(std::string_view text, const std::source_location& where) {
  print_internal_error("internal error: not so: " + std::string(text) + " (" + where.file_name() +
                       ':' + std::to_string(where.line()) + ", " + where.function_name() + ")");
  ::_exit(70);
}

}  // namespace

void EventTail::take(const Envelope& envelope, WallTime wall) {
  Event& event = events_[next_];
  next_ = (next_ + 1) % kept;
  event.wall = wall;
  event.id = envelope.id;
  event.cause = envelope.cause;
  event.name = envelope.event.name();
  event.fields.clear();
  FieldPacker fields(event.fields);
  envelope.event.visit(fields);
}

std::string EventTail::text() const {
  std::string out;
  for (std::size_t i = 0; i < kept; ++i) {
    const Event& event = events_[(next_ + i) % kept];
    if (event.id.none())
      continue;
    out += '@';
    out += std::to_string(event.wall.time_since_epoch().count());
    out += " #";
    out += std::to_string(event.id.value());
    if (!event.cause.none()) {
      out += "<-";
      out += std::to_string(event.cause.value());
    }
    out += ' ';
    out += event.name;
    TextFields fields(out, Charset::utf8);
    unpack(event.fields, fields);
    out += '\n';
  }
  return out;
}

void print_internal_error(std::string_view what) {
  std::string out(what);
  out += '\n';
  if (tail_to_print != nullptr) {
    out += "the last events (@unix time in ns, #id<-cause):\n";
    out += tail_to_print->text();
  }
  say(out);
}

void print_tail_on_assertion(const EventTail* tail) {
  tail_to_print = tail;
  set_assertion_reporter(report_assertion);
}

}  // namespace arbees::prod
