#include "sim/recording/causes.h"

#include <algorithm>

#include "core/events/event_text.h"
#include "core/settings/decimal.h"
#include "sim/report/event_id.h"
#include "sim/scenario/shape.h"
#include "sim/scenario/span.h"

namespace arbees::sim {
namespace {

constexpr std::size_t longest_chain = 100'000;
constexpr std::size_t longest_list = 12;

std::expected<EventId, std::string> nth_named(const EventFile& file, std::string_view name,
                                              std::uint64_t nth) {
  std::uint64_t seen = 0;
  std::vector<std::string> names;
  for (const RecordedEvent& event : file.events) {
    if (event.event == name && ++seen == nth) {
      return event.id;
    }
    if (std::ranges::find(names, event.event) == names.end()) {
      names.push_back(event.event);
    }
  }
  if (seen > 0) {
    return std::unexpected("there are only " + std::to_string(seen) + " events " + in_quotes(name));
  }
  return std::unexpected("this run has no event " + in_quotes(name) + ": " +
                         unknown_word("event", name, names));
}

std::expected<EventId, std::string> first_violation(const EventFile& file) {
  for (const RecordedViolation& violation : file.end.violations) {
    if (!violation.event.none()) {
      return violation.event;
    }
  }
  return std::unexpected("no single event of this run shows a violation");
}

}  // namespace

std::vector<const RecordedEvent*> chain_of_causes(const EventFile& file, EventId event) {
  std::vector<const RecordedEvent*> chain;
  for (const RecordedEvent* at = file.find(event); at != nullptr && chain.size() < longest_chain;
       at = at->cause.none() ? nullptr : file.find(at->cause)) {
    chain.push_back(at);
  }
  std::ranges::reverse(chain);
  return chain;
}

std::string event_line(const RecordedEvent& event) {
  std::string text = span_text(Duration(event.t_ns));
  text.append("  ").append(event.node).append("  ").append(event_id_text(event.id));
  text.append("  ").append(event.event);
  TextFields fields(text, Charset::utf8, longest_list);
  event.visit(fields);
  return text;
}

std::string chain_text(const std::vector<const RecordedEvent*>& chain) {
  std::string text;
  for (const RecordedEvent* event : chain) {
    text.append(text.empty() ? "" : "→ ").append(event_line(*event)).append("\n");
  }
  if (!chain.empty()) {
    const RecordedEvent& root = *chain.front();
    text += root.event == "fault_started" ? "root: the fault " + std::string(root.text("fault")) +
                                                " on " + std::string(root.text("target")) + "\n"
            : root.cause.none() ? "root: " + root.event + ", which nothing caused\n"
                                : "root: not in the recording\n";
  }
  return text;
}

std::string faults_going_on(const EventFile& file, std::int64_t t_ns) {
  std::vector<const RecordedEvent*> open;
  for (const RecordedEvent& event : file.events) {
    if (event.t_ns > t_ns) {
      break;
    }
    if (event.event == "fault_started") {
      open.push_back(&event);
    } else if (event.event == "fault_healed") {
      std::erase_if(open, [&](const RecordedEvent* fault) { return fault->id == event.cause; });
    }
  }
  std::string text;
  for (const RecordedEvent* fault : open) {
    text.append(event_line(*fault)).append("\n");
  }
  return text;
}

std::expected<EventId, std::string> find_event(const EventFile& file, std::string_view text) {
  constexpr unsigned counter_bits = 33;  // as in event_id_text
  if (text == "violation") {
    return first_violation(file);
  }
  const std::size_t colon = text.find(':');
  const auto whole = parse_count(text);
  const auto node = parse_count(text.substr(0, std::min(colon, text.size())));
  const auto counter =
      colon == std::string_view::npos ? std::nullopt : parse_count(text.substr(colon + 1));
  if (whole || (node && counter)) {
    const EventId id(whole ? *whole : (*node << counter_bits) | *counter);
    if (file.find(id) != nullptr) {
      return id;
    }
    return std::unexpected("this run has no event " + in_quotes(text) +
                           "; timelines and `run --grid` name the events there are");
  }
  const std::size_t sharp = text.find('#');
  const auto nth = sharp == std::string_view::npos ? std::optional<std::uint64_t>(1)
                                                   : parse_count(text.substr(sharp + 1));
  if (!nth || *nth == 0) {
    return std::unexpected(in_quotes(text) + " names no event; expected such as 3:17, " +
                           "shard_died, shard_died#2 or violation");
  }
  return nth_named(file, text.substr(0, std::min(sharp, text.size())), *nth);
}

}  // namespace arbees::sim
