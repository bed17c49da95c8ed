#include <algorithm>

#include "core/base/assert.h"
#include "core/settings/decimal.h"
#include "sim/metrics/metrics.h"
#include "sim/scenario/reading.h"
#include "sim/scenario/span.h"

namespace arbees::sim {
namespace {

using FieldKind = CatalogueField::Kind;

std::vector<std::string> event_words() {
  std::vector<std::string> words;
  for (const CatalogueEvent& event : event_catalogue()) {
    words.emplace_back(event.type->name);
  }
  return words;
}

std::vector<std::string> field_words(const CatalogueEvent& event) {
  std::vector<std::string> words;
  for (const CatalogueField& field : event.fields) {
    words.push_back(field.name);
  }
  return words;
}

std::uint64_t nanoseconds(Duration span) { return static_cast<std::uint64_t>(span.count()); }

/// A value that a field is compared with: as the field would be written.
std::string plain_text(const Value& value) {
  return value.kind == Value::Kind::flag ? (value.flag ? "true" : "false") : value.text;
}

void check_comparable(const Located& located, const CatalogueField& field, Problems& problems) {
  const bool is_count = located->kind == Value::Kind::number;
  const bool is_flag = located->kind == Value::Kind::flag;
  const bool fits = field.kind == FieldKind::count  ? is_count
                    : field.kind == FieldKind::flag ? is_flag
                                                    : !is_count && !is_flag;
  if (field.kind == FieldKind::duration || field.kind == FieldKind::moment) {
    problems.add(located, "the field \"" + field.name + "\" is a " +
                              std::string(to_string(field.kind)) +
                              R"(; expected {"between": ["60s", "60.1s"]})");
  } else if (!fits) {
    problems.add(located, "the field \"" + field.name + "\" is a " +
                              std::string(to_string(field.kind)) + ", so " +
                              plain_text(*located.value) + " can never be its value");
  }
}

FieldCondition read_condition(const Located& located, const CatalogueField& field,
                              Problems& problems) {
  FieldCondition condition;
  condition.field = field.name;
  if (located->kind != Value::Kind::object) {
    check_comparable(located, field, problems);
    condition.text = plain_text(*located.value);
    return condition;
  }
  if (const Located other = located.at("not")) {
    check_comparable(other, field, problems);
    condition.test = FieldCondition::Test::differs;
    condition.text = plain_text(*other.value);
    return condition;
  }
  condition.test = FieldCondition::Test::within;
  if (located.at("between")) {
    if (field.kind != FieldKind::duration) {
      problems.add(located, "the field \"" + field.name + "\" is no duration");
    }
    const DurationRange range = read_between(located, problems);
    condition.least = nanoseconds(range.lo);
    condition.most = nanoseconds(range.hi);
    return condition;
  }
  if (field.kind != FieldKind::count) {
    problems.add(located, "the field \"" + field.name + "\" is no count");
  }
  const Located least = located.at("at_least");
  const Located most = located.at("at_most");
  condition.least = least ? parse_count(least->text).value_or(0) : 0;
  condition.most = most ? parse_count(most->text).value_or(0) : UINT64_MAX;
  return condition;
}

/// The pattern without its node.
EventPattern read_pattern(const Located& located, std::string_view key, Problems& problems) {
  EventPattern pattern;
  const Located name = located.at(key);
  pattern.event = find_event(name->text);
  if (pattern.event == nullptr) {
    problems.add(name, unknown_word("event", name->text, event_words()));
    return pattern;
  }
  const Located where = located.at("where");
  if (!where) {
    return pattern;
  }
  for (const Value::Member& member : where->members) {
    const CatalogueField* field = pattern.event->field(member.key);
    if (field == nullptr) {
      problems.add(where.at(member.key),
                   unknown_word("field of " + name->text, member.key, field_words(*pattern.event)));
      continue;
    }
    pattern.where.push_back(read_condition(where.at(member.key), *field, problems));
  }
  return pattern;
}

Reference read_reference(const Located& located, const Scenario& scenario, Problems& problems) {
  Reference reference;
  if (const Located which = located.at("which")) {
    reference.which = which->text == "first"  ? Reference::Which::first
                      : which->text == "last" ? Reference::Which::last
                                              : Reference::Which::every;
  }
  if (const Located fault = located.at("fault")) {
    reference.fault = fault->text;
    std::vector<std::string> words;
    for (const FaultSpec& known : scenario.faults) {
      words.push_back(known.name);
    }
    if (std::ranges::find(words, fault->text) == words.end()) {
      problems.add(fault, words.empty() ? "the file has no faults"
                                        : unknown_word("fault", fault->text, words));
    }
    const Located edge = located.at("edge");
    reference.healed = edge && edge->text == "healed";
    return reference;
  }
  reference.event = read_pattern(located, "event", problems);
  if (const Located node = located.at("node")) {
    const std::vector<std::string> nodes = read_nodes(node, scenario, problems);
    if (nodes.size() != 1) {
      problems.add(node, "expected the name of one node");
    } else {
      reference.event.node = nodes.front();
    }
  }
  return reference;
}

DurationRange read_window(const Located& located, Problems& problems) {
  if (!located) {
    return {Duration{}, Duration::max()};
  }
  if (located->kind == Value::Kind::text) {
    return {Duration{}, parse_span(located->text).value_or(Duration{})};
  }
  const DurationRange window{parse_span(located->items[0].text).value_or(Duration{}),
                             parse_span(located->items[1].text).value_or(Duration{})};
  if (window.lo > window.hi) {
    problems.add(located, "the window ends before it begins");
  }
  return window;
}

void read_bounds(const Located& located, EventExpectation& into, Problems& problems) {
  const Located count = located.at("count");
  const Located least = located.at("at_least");
  const Located most = located.at("at_most");
  if (count && (least || most)) {
    problems.add(count, "\"count\" leaves nothing for \"at_least\" and \"at_most\" to say");
  }
  const auto number = [](const Located& given, std::uint64_t otherwise) {
    return given ? parse_count(given->text).value_or(0) : otherwise;
  };
  into.least = count ? number(count, 0) : number(least, most ? 0 : 1);
  into.most = count ? number(count, 0) : number(most, UINT64_MAX);
  if (into.least > into.most) {
    problems.add(most, "\"at_most\" is below \"at_least\"");
  }
}

void read_each(const Located& located, EventExpectation& into, Problems& problems) {
  const Located field = located.at("field");
  const Located list = located.at("of");
  into.each = ForEach{field->text, list->text};
  if (into.pattern.event == nullptr) {
    return;
  }
  const CatalogueField* own = into.pattern.event->field(field->text);
  if (own == nullptr || own->kind != FieldKind::text) {
    problems.add(field, unknown_word("text field of the event", field->text,
                                     field_words(*into.pattern.event)));
  }
  const CatalogueEvent* source = into.after ? into.after->event.event : nullptr;
  const CatalogueField* other = source == nullptr ? nullptr : source->field(list->text);
  if (other == nullptr || other->kind != FieldKind::texts) {
    problems.add(list, source == nullptr
                           ? "\"each\" needs \"after\" with an event that has the list"
                           : unknown_word("list of the event", list->text, field_words(*source)));
  }
}

std::string window_text(const DurationRange& window) {
  if (window.hi == Duration::max()) {
    return window.lo == Duration{} ? "" : " from " + span_text(window.lo);
  }
  return window.lo == Duration{} ? " within " + span_text(window.hi)
                                 : " within " + span_text(window.lo) + ".." + span_text(window.hi);
}

std::string how_often(const EventExpectation& expected) {
  if (expected.most == 0) {
    return "never ";
  }
  if (expected.least == expected.most) {
    return std::to_string(expected.least) + " x ";
  }
  std::string text = expected.least > 1 ? "at least " + std::to_string(expected.least) + " x " : "";
  if (expected.most != UINT64_MAX) {
    text += "at most " + std::to_string(expected.most) + " x ";
  }
  return text;
}

std::string expectation_text(const EventExpectation& expected) {
  std::string text = how_often(expected) + expected.pattern.text();
  if (expected.each) {
    text += " for each of its " + expected.each->list;
  }
  return text + window_text(expected.window) +
         (expected.after ? " after " + expected.after->text() : "");
}

std::optional<ParameterCondition> read_when(const Located& located, const Scenario& scenario,
                                            Problems& problems) {
  const Located when = located.at("when");
  if (!when) {
    return std::nullopt;
  }
  const Located name = when.at("parameter");
  ParameterCondition condition{name->text};
  if (scenario.parameter(name->text) == nullptr) {
    std::vector<std::string> words;
    for (const Parameter& parameter : scenario.parameters) {
      words.push_back(parameter.name);
    }
    problems.add(name, words.empty() ? "the file has no parameters"
                                     : unknown_word("parameter", name->text, words));
  }
  for (const auto& [key, into] :
       {std::pair{"at_least", &condition.range.lo}, std::pair{"at_most", &condition.range.hi}}) {
    if (const Located bound = when.at(key)) {
      *into = parse_span(bound->text).value_or(Duration{});
    }
  }
  return condition;
}

std::string note_text(const Located& located) {
  const Located note = located.at("note");
  return note ? " (" + note->text + ")" : "";
}

Expectation read_metric(const Located& located, Problems& problems) {
  const MetricRow* row = find_metric(located.at("metric")->text);
  ensure(row != nullptr, "the shape has been checked");
  MetricExpectation expected{std::string(row->name)};
  std::string text(row->name);
  for (const auto& [key, into] :
       {std::pair{"at_least", &expected.least}, std::pair{"at_most", &expected.most}}) {
    if (const Located bound = located.at(key)) {
      const std::optional<std::uint64_t> value = parse_metric(*row, bound->text);
      if (!value) {
        problems.add(bound, bound->text + " is no value of " + std::string(row->name) +
                                ", which is a whole number");
      }
      *into = value.value_or(0);
      text += std::string(key == std::string_view("at_most") ? " at most " : " at least ") +
              bound->text;
    }
  }
  if (!located.at("at_least") && !located.at("at_most")) {
    problems.add(located, "a metric needs \"at_least\" or \"at_most\", or both");
  }
  return {text + note_text(located), {}, expected};
}

void read_event_expectations(const Located& located, const Scenario& scenario, Problems& problems,
                             std::vector<Expectation>& into) {
  const bool never = located.at("never").value != nullptr;
  EventExpectation expected;
  expected.pattern = read_pattern(located, never ? "never" : "event", problems);
  if (const Located after = located.at("after")) {
    expected.after = read_reference(after, scenario, problems);
  }
  expected.window = read_window(located.at("within"), problems);
  if (never) {
    expected.least = expected.most = 0;
  } else {
    read_bounds(located, expected, problems);
  }
  if (const Located each = located.at("each")) {
    read_each(each, expected, problems);
  }
  if (problems.first()) {
    return;
  }
  const Located node = located.at("node");
  std::vector<std::string> nodes =
      node ? read_nodes(node, scenario, problems) : std::vector<std::string>{std::string()};
  for (std::string& name : nodes) {
    expected.pattern.node = std::move(name);
    into.push_back({expectation_text(expected) + note_text(located), {}, expected});
  }
}

}  // namespace

std::string EventPattern::text() const {
  std::string text(event->type->name);
  for (const FieldCondition& condition : where) {
    text += " " + condition.field;
    switch (condition.test) {
      case FieldCondition::Test::equals: text += "=" + condition.text; break;
      case FieldCondition::Test::differs: text += "!=" + condition.text; break;
      case FieldCondition::Test::within: {
        const bool spans = event->field(condition.field)->kind == FieldKind::duration;
        const auto bound = [&](std::uint64_t value) {
          return spans ? span_text(Duration(static_cast<std::int64_t>(value)))
                       : std::to_string(value);
        };
        text += condition.most == UINT64_MAX
                    ? ">=" + bound(condition.least)
                    : "=" + bound(condition.least) + ".." + bound(condition.most);
        break;
      }
    }
  }
  return node.empty() ? text : text + " on " + node;
}

std::string Reference::text() const {
  const std::string what =
      fault.empty() ? event.text() : "fault " + fault + (healed ? " healed" : "");
  switch (which) {
    case Which::first: return what;
    case Which::last: return "the last " + what;
    case Which::every: return "every " + what;
  }
  return what;
}

void read_expectations(const Located& list, const Scenario& scenario, Problems& problems,
                       std::vector<Expectation>& into) {
  for (std::size_t i = 0; i < list->items.size(); ++i) {
    const Located located = list.at(i);
    const std::size_t before = into.size();
    if (located.at("metric")) {
      into.push_back(read_metric(located, problems));
    } else {
      read_event_expectations(located, scenario, problems, into);
    }
    const std::optional<ParameterCondition> when = read_when(located, scenario, problems);
    for (std::size_t added = before; added < into.size(); ++added) {
      into[added].when = when;
    }
  }
}

}  // namespace arbees::sim
