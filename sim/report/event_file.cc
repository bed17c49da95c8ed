#include "sim/report/event_file.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <ostream>
#include <set>
#include <span>

#include "core/events/json_text.h"

namespace arbees::sim {
namespace {

const FieldValue* value_of(const RecordedEvent& event, std::string_view field) {
  const auto found = std::ranges::find(event.fields, field, &RecordedField::name);
  return found == event.fields.end() ? nullptr : &found->value;
}

void show_list(FieldVisitor& visitor, std::string_view name, const std::vector<std::string>& list) {
  const std::vector<std::string_view> views(list.begin(), list.end());
  visitor.texts(name, views);
}

void append_violation(std::string& out, const RecordedViolation& violation) {
  out += "{\"invariant\":";
  append_json_string(out, violation.invariant);
  out += ",\"t_ns\":" + std::to_string(violation.t_ns) + ",\"text\":";
  append_json_string(out, violation.text);
  if (!violation.event.none())
    out += ",\"event\":" + std::to_string(violation.event.value());
  out += '}';
}

void append_expectation(std::string& out, const RecordedExpectation& expectation) {
  out += "{\"text\":";
  append_json_string(out, expectation.text);
  out += ",\"status\":";
  append_json_string(out, expectation.status);
  out += '}';
}

/// Orders by time and, where times are equal, as they were. (Not by std::stable_sort: libstdc++ 12 makes
/// it with a function that clang reports as deprecated.)
void order_by_time(std::vector<RecordedEvent>& events) {
  if (std::ranges::is_sorted(events, {}, &RecordedEvent::t_ns))
    return;
  std::vector<std::pair<std::int64_t, std::size_t>> order;
  order.reserve(events.size());
  for (std::size_t i = 0; i < events.size(); ++i) {
    order.emplace_back(events[i].t_ns, i);
  }
  std::ranges::sort(order);
  std::vector<RecordedEvent> ordered;
  ordered.reserve(events.size());
  for (const auto& [t_ns, position] : order) {
    ordered.push_back(std::move(events[position]));
  }
  events = std::move(ordered);
}

template <class Item, class Append>
void append_list(std::string& out, const std::vector<Item>& items, Append append) {
  out += '[';
  for (const Item& item : items) {
    if (&item != items.data())
      out += ',';
    append(out, item);
  }
  out += ']';
}

}  // namespace

std::string_view RecordedEvent::text(std::string_view field) const {
  const FieldValue* value = value_of(*this, field);
  const auto* text = value == nullptr ? nullptr : std::get_if<std::string>(value);
  return text == nullptr ? std::string_view() : *text;
}

const std::vector<std::string>* RecordedEvent::texts(std::string_view field) const {
  const FieldValue* value = value_of(*this, field);
  return value == nullptr ? nullptr : std::get_if<std::vector<std::string>>(value);
}

void RecordedEvent::visit(FieldVisitor& visitor) const {
  struct Show {
    FieldVisitor& visitor;
    std::string_view name;
    void operator()(const std::string& value) const { visitor.text(name, value); }
    void operator()(std::uint64_t value) const { visitor.count(name, value); }
    void operator()(bool value) const { visitor.flag(name, value); }
    void operator()(Duration value) const { visitor.duration(name, value); }
    void operator()(MonoTime value) const { visitor.moment(name, value); }
    void operator()(const std::vector<std::string>& value) const {
      show_list(visitor, name, value);
    }
  };
  for (const RecordedField& field : fields) {
    std::visit(Show{visitor, field.name}, field.value);
  }
}

std::string EventFile::more(std::string_view field) const {
  const auto found = std::ranges::find(
      header.more, field, [](const auto& pair) -> std::string_view { return pair.first; });
  if (found == header.more.end())
    return {};
  if (const auto* text = std::get_if<std::string>(&found->second))
    return *text;
  return std::to_string(std::get<std::uint64_t>(found->second));
}

const RecordedEvent* EventFile::find(EventId id) const {
  const auto found = std::ranges::lower_bound(index_, id.value(), {},
                                              [](const auto& entry) { return entry.first; });
  const bool there = found != index_.end() && found->first == id.value() && !id.none();
  return there ? &events[found->second] : nullptr;
}

void EventFile::reindex() {
  order_by_time(events);
  index_.clear();
  index_.reserve(events.size());
  for (std::size_t i = 0; i < events.size(); ++i) {
    index_.emplace_back(events[i].id.value(), i);
  }
  std::ranges::sort(index_);
}

EventFileWriter::EventFileWriter(std::ostream& out, const EventFileHeader& header) : out_(out) {
  append_header_json(line_, header);
  flush_line();
}

void EventFileWriter::event(const Envelope& envelope, std::int64_t t_ns) {
  append_event_json(line_, envelope, t_ns);
  flush_line();
}

void EventFileWriter::event(const RecordedEvent& event) {
  begin_event_json(line_, {.id = event.id,
                           .cause = event.cause,
                           .t_ns = event.t_ns,
                           .node = event.node,
                           .node_ns = event.node_ns,
                           .event = event.event,
                           .severity = event.severity});
  JsonFields fields(line_);
  event.visit(fields);
  end_event_json(line_);
  flush_line();
}

void EventFileWriter::end(const EventFileEnd& end) {
  line_ += "{\"end\":{\"digest\":";
  append_json_string(line_, end.digest);
  line_ += ",\"verdict\":";
  append_json_string(line_, end.verdict);
  line_ += ",\"violations\":";
  append_list(line_, end.violations, append_violation);
  line_ += ",\"expectations\":";
  append_list(line_, end.expectations, append_expectation);
  line_ += "}}";
  flush_line();
}

void EventFileWriter::flush_line() {
  line_ += '\n';
  out_.write(line_.data(), static_cast<std::streamsize>(line_.size()));
  line_.clear();
}

namespace {

/// How often each id occurs over all files.
std::map<std::uint64_t, int> count_ids(std::span<const EventFile> files) {
  std::map<std::uint64_t, int> uses;
  for (const EventFile& file : files) {
    for (const RecordedEvent& event : file.events) {
      ++uses[event.id.value()];
    }
  }
  return uses;
}

/// Gives each event of `file` whose id is taken a new one, and lets its file's causes follow.
/// A cause from another process keeps its id: that process's file comes first or is unique.
bool renumber(EventFile& file, std::set<std::uint64_t>& taken, std::uint64_t& next) {
  std::map<std::uint64_t, std::uint64_t> renamed;
  for (RecordedEvent& event : file.events) {
    const std::uint64_t old_id = event.id.value();
    if (old_id != 0 && taken.insert(old_id).second)
      continue;
    taken.insert(next);
    renamed.emplace(old_id, next);
    event.id = EventId(next++);
  }
  for (RecordedEvent& event : file.events) {
    const auto found = renamed.find(event.cause.value());
    if (!event.cause.none() && found != renamed.end())
      event.cause = EventId(found->second);
  }
  return !renamed.empty();
}

}  // namespace

EventFile merge_event_files(std::vector<EventFile> files) {
  const std::map<std::uint64_t, int> uses = count_ids(files);
  std::uint64_t next = uses.empty() ? 1 : uses.rbegin()->first + 1;
  std::set<std::uint64_t> taken;
  EventFile merged;
  bool first = true;
  for (EventFile& file : files) {
    if (renumber(file, taken, next)) {
      merged.warnings.push_back("event ids of " + file.header.program +
                                " were used before and are made anew");
    }
    if (first)
      merged.header = file.header;
    first = false;
    if (merged.end.verdict.empty())
      merged.end = std::move(file.end);
    std::ranges::move(file.events, std::back_inserter(merged.events));
    std::ranges::move(file.warnings, std::back_inserter(merged.warnings));
  }
  merged.reindex();
  return merged;
}

}  // namespace arbees::sim
