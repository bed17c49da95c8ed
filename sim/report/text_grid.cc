#include "sim/report/text_grid.h"

#include <algorithm>
#include <array>
#include <ostream>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "core/events/json_text.h"
#include "sim/report/event_id.h"
#include "sim/report/periodic_events.h"

namespace arbees::sim {
namespace {

constexpr std::size_t longest_list = 4;
constexpr std::string_view plain = "\x1b[0m";

/// Seconds with microseconds: since the start, or the time of day (UTC).
std::string time_text(std::int64_t t_ns, FileClock clock) {
  constexpr std::int64_t day_us = 86'400'000'000;
  std::int64_t us = t_ns / 1'000;
  std::string text;
  const auto two_digits = [](std::int64_t value) {
    return std::string(1, static_cast<char>('0' + value / 10)) +
           static_cast<char>('0' + value % 10);
  };
  if (clock == FileClock::wall) {
    us = (us % day_us + day_us) % day_us;
    const std::int64_t s = us / 1'000'000;
    text = two_digits(s / 3600) + ':' + two_digits(s / 60 % 60) + ':' + two_digits(s % 60);
  } else {
    text = std::to_string(us / 1'000'000);
  }
  const std::string fraction = std::to_string(1'000'000 + us % 1'000'000);
  return text + '.' + fraction.substr(1);
}

/// Columns on a terminal, taking one for each character.
std::size_t columns(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) {
    text.remove_prefix(std::max<std::size_t>(utf8_length(text), 1));
  }
  return count;
}

/// Cuts to `width` columns, never inside a character.
void cut(std::string& text, std::size_t width) {
  if (width == 0 || columns(text) <= width)
    return;
  std::string_view rest = text;
  for (std::size_t column = 0; column + 3 < width; ++column) {
    rest.remove_prefix(std::max<std::size_t>(utf8_length(rest), 1));
  }
  text.resize(text.size() - rest.size());
  text += "...";
}

void pad(std::string& text, std::size_t width) {
  const std::size_t used = columns(text);
  text.append(used < width ? width - used : 1, ' ');
}

std::string visible(std::string_view text, Charset charset) {
  std::string out;
  append_visible(out, text, charset);
  return out;
}

/// Boots are random and long; the node or shard beside them says as much on one line.
RecordedEvent without_boots(RecordedEvent event) {
  std::erase_if(event.fields, [](const RecordedField& field) { return field.name == "boot"; });
  return event;
}

struct Look {
  char mark;
  std::string_view colour;
};

Look look_of(Severity severity) {
  switch (severity) {
    case Severity::debug: return {'.', "\x1b[2m"};
    case Severity::info: return {' ', ""};
    case Severity::warning: return {'!', "\x1b[33m"};
    case Severity::critical: return {'X', "\x1b[31m"};
  }
  return {' ', ""};
}

class Grid {
 public:
  Grid(std::ostream& out, const EventFile& file, const TextGridOptions& options)
      : out_(out), file_(file), options_(options) {
    for (const RecordedEvent& event : file.events) {
      if (is_periodic(event.event))
        continue;
      time_width_ = std::max(time_width_, time_text(event.t_ns, file.header.clock).size());
      id_width_ = std::max(id_width_, event_id_text(event.id).size());
      node_width_ = std::max(node_width_, columns(visible(event.node, options.charset)));
      event_width_ = std::max(event_width_, columns(visible(event.event, options.charset)));
    }
    node_width_ = std::min<std::size_t>(node_width_, 18);
    event_width_ = std::min<std::size_t>(event_width_, 26);
  }

  void write() {
    std::vector<RecordedViolation> violations = file_.end.violations;
    std::ranges::sort(violations, {}, [](const RecordedViolation& violation) {
      return std::tuple(violation.t_ns, violation.invariant, violation.text);
    });
    auto next = violations.begin();
    for (const RecordedEvent& event : file_.events) {
      for (; next != violations.end() && next->t_ns < event.t_ns; ++next)
        line_of(*next);
      if (!is_periodic(event.event))
        line_of(event);
    }
    for (; next != violations.end(); ++next)
      line_of(*next);
  }

 private:
  void line_of(const RecordedEvent& event) {
    const Look look = look_of(event.severity);
    std::string line = begin(event.t_ns);
    line += '#' + event_id_text(event.id);
    pad(line, time_width_ + id_width_ + 5);
    const std::size_t node_at = columns(line);
    line += visible(event.node, options_.charset);
    pad(line, node_at + node_width_ + 2);
    line += look.mark;
    line += ' ';
    const std::size_t event_at = columns(line);
    line += visible(event.event, options_.charset);
    const std::size_t fields_at = event_at + event_width_;
    if (columns(line) < fields_at)
      pad(line, fields_at);
    TextFields fields(line, options_.charset, longest_list);
    without_boots(event).visit(fields);
    put(std::move(line), look.colour);
  }

  void line_of(const RecordedViolation& violation) {
    std::string line = begin(violation.t_ns);
    line += "VIOLATION " + visible(violation.invariant, options_.charset) + ": " +
            visible(violation.text, options_.charset);
    if (!violation.event.none())
      line += " (event #" + event_id_text(violation.event) + ')';
    put(std::move(line), "\x1b[1;31m");
  }

  /// The time, right-aligned, and the gap after it.
  [[nodiscard]] std::string begin(std::int64_t t_ns) const {
    const std::string time = time_text(t_ns, file_.header.clock);
    return std::string(time_width_ > time.size() ? time_width_ - time.size() : 0, ' ') + time +
           "  ";
  }

  void put(std::string line, std::string_view colour) {
    while (line.ends_with(' '))
      line.pop_back();
    cut(line, options_.width);
    if (options_.colour && !colour.empty()) {
      out_ << colour << line << plain << '\n';
    } else {
      out_ << line << '\n';
    }
  }

  std::ostream& out_;
  const EventFile& file_;
  const TextGridOptions& options_;
  std::size_t time_width_ = 9;
  std::size_t id_width_ = 1;
  std::size_t node_width_ = 4;
  std::size_t event_width_ = 5;
};

}  // namespace

void write_text_grid(std::ostream& out, const EventFile& file, const TextGridOptions& options) {
  Grid(out, file, options).write();
}

}  // namespace arbees::sim
