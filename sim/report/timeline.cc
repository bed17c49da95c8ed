#include "sim/report/timeline.h"

#include <algorithm>
#include <ostream>
#include <string>
#include <string_view>

#include "core/base/assert.h"
#include "core/events/json_text.h"
#include "sim/report/periodic_events.h"
#include "sim/report/timeline_model.h"
#include "sim/report/timeline_page.h"

namespace arbees::sim {
namespace {

// Times in the page are nanoseconds since the first moment: JavaScript's numbers hold 104 days of them
// exactly, but no wall time.

class PageData {
 public:
  explicit PageData(const EventFile& file) : file_(file), model_(make_timeline_model(file)) {}

  std::string write() {
    out_ += "{\"header\":";
    append_header_json(out_, file_.header);
    out_ += ",\"from_ns\":";
    append_json_string(out_, std::to_string(model_.from_ns));
    out_ += ",\"length\":" + relative(model_.to_ns);
    out_ += ",\"end\":";
    append_end();
    out_ += ",\"warnings\":";
    append_strings(file_.warnings);
    out_ += ",\"nodes\":";
    append_strings(model_.nodes);
    out_ += ",\"owners\":";
    append_strings(model_.owners);
    out_ += ",\"periodic\":";
    append_strings(periodic_events);
    out_ += ",\n\"lanes\":";
    append_each(model_.lanes, [this](const Lane& lane) { append_lane(lane); });
    out_ += ",\n\"events\":";
    append_each(file_.events, [this](const RecordedEvent& event) { append_event(event); });
    out_ += '}';
    return std::move(out_);
  }

 private:
  [[nodiscard]] std::string relative(std::int64_t t_ns) const {
    return std::to_string(t_ns - model_.from_ns);
  }

  template <class List, class Append>
  void append_each(const List& list, Append append) {
    out_ += '[';
    bool first = true;
    for (const auto& item : list) {
      if (!first)
        out_ += ",\n";
      first = false;
      append(item);
    }
    out_ += ']';
  }

  template <class List>
  void append_strings(const List& list) {
    append_each(list, [this](std::string_view text) { append_json_string(out_, text); });
  }

  void append_end() {
    out_ += "{\"digest\":";
    append_json_string(out_, file_.end.digest);
    out_ += ",\"verdict\":";
    append_json_string(out_, file_.end.verdict);
    out_ += ",\"violations\":";
    append_each(file_.end.violations, [this](const RecordedViolation& violation) {
      out_ += "{\"invariant\":";
      append_json_string(out_, violation.invariant);
      out_ += ",\"t\":" + relative(violation.t_ns) + ",\"text\":";
      append_json_string(out_, violation.text);
      out_ += ",\"event\":" + std::to_string(violation.event.value()) + '}';
    });
    out_ += ",\"expectations\":";
    append_each(file_.end.expectations, [this](const RecordedExpectation& expectation) {
      out_ += "{\"text\":";
      append_json_string(out_, expectation.text);
      out_ += ",\"status\":";
      append_json_string(out_, expectation.status);
      out_ += '}';
    });
    out_ += '}';
  }

  /// A band is [from, to, kind, label, begin, end]; ids are 0 for none.
  void append_lane(const Lane& lane) {
    out_ += "{\"group\":";
    append_json_string(out_, lane.group);
    out_ += ",\"title\":";
    append_json_string(out_, lane.title);
    out_ += ",\"kind\":";
    append_json_string(out_, lane.kind);
    out_ += ",\"bands\":";
    append_each(lane.bands, [this](const Band& band) {
      out_ += '[' + relative(band.from_ns) + ',' + relative(band.to_ns) + ',';
      append_json_string(out_, band.kind);
      out_ += ',';
      append_json_string(out_, band.label);
      out_ +=
          ',' + std::to_string(band.begin.value()) + ',' + std::to_string(band.end.value()) + ']';
    });
    out_ += '}';
  }

  void append_event(const RecordedEvent& event) {
    begin_event_json(out_, {.id = event.id,
                            .cause = event.cause,
                            .t_ns = event.t_ns - model_.from_ns,
                            .node = event.node,
                            .node_ns = event.node_ns,
                            .event = event.event,
                            .severity = event.severity});
    JsonFields fields(out_);
    event.visit(fields);
    end_event_json(out_);
  }

  const EventFile& file_;
  TimelineModel model_;
  std::string out_;
};

/// JSON that cannot end the script element it stands in: `<` occurs only inside its strings.
std::string inert(const std::string& text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c == '<') {
      out += "\\u003c";
    } else {
      out += c;
    }
  }
  return out;
}

/// Writes `page` with the marks `@NAME@` replaced. What is put in is not searched for marks.
class Assembly {
 public:
  Assembly(std::ostream& out, std::string_view page) : out_(out), rest_(page) {}

  void put(std::string_view mark, std::string_view text) {
    const std::size_t at = rest_.find(mark);
    ensure(at != std::string_view::npos, "the page has every mark, in the order of assembly");
    out_ << rest_.substr(0, at) << text;
    rest_.remove_prefix(at + mark.size());
  }
  void finish() { out_ << rest_; }

 private:
  std::ostream& out_;
  std::string_view rest_;
};

}  // namespace

void write_timeline(std::ostream& out, const EventFile& file) {
  Assembly assembly(out, timeline_html);
  assembly.put("@STYLE@", timeline_css);
  assembly.put("@DATA@", inert(PageData(file).write()));
  assembly.put("@SCRIPT@", timeline_js);
  assembly.finish();
}

}  // namespace arbees::sim
