#include "sim/runner/expectation_watcher.h"

#include <algorithm>

#include "sim/scenario/span.h"

namespace arbees::sim {
namespace {

/// Compares the fields of one event with the conditions of a pattern, and picks two of them out.
class FieldMatcher final : public FieldVisitor {
 public:
  FieldMatcher(std::span<const FieldCondition> conditions, std::string_view element_field,
               std::string_view list_field)
      : conditions_(conditions), element_field_(element_field), list_field_(list_field) {}

  void text(std::string_view field, std::string_view value) override {
    if (field == element_field_) {
      element = value;
    }
    compare(field, [&](std::string_view expected) { return value == expected; });
  }
  void count(std::string_view field, std::uint64_t value) override { number(field, value); }
  void flag(std::string_view field, bool value) override {
    compare(field,
            [&](std::string_view expected) { return expected == (value ? "true" : "false"); });
  }
  void duration(std::string_view field, Duration value) override {
    number(field, value < Duration{} ? 0 : static_cast<std::uint64_t>(value.count()));
  }
  void moment(std::string_view, MonoTime) override {}
  void texts(std::string_view field, std::span<const std::string_view> values) override {
    if (field == list_field_) {
      list.assign(values.begin(), values.end());
    }
    compare(field, [&](std::string_view expected) {
      return std::ranges::find(values, expected) != values.end();
    });
  }

  [[nodiscard]] bool matches() const { return matches_; }

  std::string element;
  std::vector<std::string> list;

 private:
  using Test = FieldCondition::Test;

  template <class Equals>
  void compare(std::string_view field, Equals equals) {
    for (const FieldCondition& condition : conditions_) {
      if (condition.field == field && condition.test != Test::within) {
        matches_ = matches_ && equals(condition.text) == (condition.test == Test::equals);
      }
    }
  }
  void number(std::string_view field, std::uint64_t value) {
    for (const FieldCondition& condition : conditions_) {
      if (condition.field == field && condition.test == Test::within) {
        matches_ = matches_ && value >= condition.least && value <= condition.most;
      }
    }
    compare(field, [&](std::string_view expected) { return std::to_string(value) == expected; });
  }

  std::span<const FieldCondition> conditions_;
  std::string_view element_field_;
  std::string_view list_field_;
  bool matches_ = true;
};

std::string moment_text(SimTime time) { return span_text(time.time_since_epoch()); }

/// `time + span` without overflow.
SimTime plus(SimTime time, Duration span) {
  return span > SimTime::max() - time ? SimTime::max() : time + span;
}

}  // namespace

ExpectationWatcher::ExpectationWatcher(std::span<const Expectation> expectations)
    : expectations_(expectations) {
  for (const Expectation& expectation : expectations) {
    Use use{no_watch, no_watch};
    if (const auto* expected = std::get_if<EventExpectation>(&expectation.what)) {
      const bool each = expected->each.has_value();
      use.events =
          add_watch(expected->pattern, each ? expected->each->field : std::string_view{}, {});
      if (expected->after && expected->after->fault.empty()) {
        use.reference =
            add_watch(expected->after->event, {}, each ? expected->each->list : std::string_view{});
      }
    }
    uses_.push_back(use);
  }
}

std::size_t ExpectationWatcher::add_watch(const EventPattern& pattern,
                                          std::string_view element_field,
                                          std::string_view list_field) {
  watches_.push_back({&pattern, element_field, list_field, {}});
  by_type_[pattern.event->type].push_back(watches_.size() - 1);
  return watches_.size() - 1;
}

void ExpectationWatcher::observe(const SimEnvelope& event) {
  ++seen_;
  const auto watched = by_type_.find(&event.event.type());
  if (watched == by_type_.end()) {
    return;
  }
  for (const std::size_t index : watched->second) {
    Watch& watch = watches_[index];
    if (!watch.pattern->node.empty() && watch.pattern->node != event.node) {
      continue;
    }
    FieldMatcher matcher(watch.pattern->where, watch.element_field, watch.list_field);
    event.event.visit(matcher);
    if (matcher.matches()) {
      watch.hits.push_back(
          {event.time, seen_, std::move(matcher.element), std::move(matcher.list)});
    }
  }
}

std::vector<ExpectationWatcher::Start> ExpectationWatcher::starts(const EventExpectation& expected,
                                                                  const Use& use,
                                                                  const FaultTimes& faults) const {
  if (!expected.after) {
    return {{SimTime{}, 0, nullptr}};
  }
  std::vector<Start> all;
  if (use.reference != no_watch) {
    for (const Hit& hit : watches_[use.reference].hits) {
      all.push_back({hit.time, hit.order, &hit.list});
    }
  } else if (const auto found = faults.find(expected.after->fault); found != faults.end()) {
    for (const SimTime time :
         expected.after->healed ? found->second.healed : found->second.started) {
      all.push_back({time, 0, nullptr});
    }
  }
  if (all.empty() || expected.after->which == Reference::Which::every) {
    return all;
  }
  return {expected.after->which == Reference::Which::first ? all.front() : all.back()};
}

std::string ExpectationWatcher::judge_from(const EventExpectation& expected, const Use& use,
                                           const Start& start, const std::string* element) const {
  const SimTime from = plus(start.time, expected.window.lo);
  const SimTime to = plus(start.time, expected.window.hi);
  std::uint64_t seen = 0;
  const Hit* outside = nullptr;
  const Hit* last = nullptr;
  for (const Hit& hit : watches_[use.events].hits) {
    if (hit.order <= start.order || hit.time < start.time ||
        (element != nullptr && hit.element != *element)) {
      continue;
    }
    if (hit.time >= from && hit.time <= to) {
      ++seen;
      last = &hit;
    } else if (outside == nullptr) {
      outside = &hit;
    }
  }
  if (seen >= expected.least && seen <= expected.most) {
    return {};
  }
  std::string text = "seen " + std::to_string(seen) + " times";
  if (element != nullptr) {
    text += " for " + *element;
  }
  text += expected.after ? " from " + moment_text(start.time) : "";
  if (last != nullptr) {
    text += ", last at " + moment_text(last->time);
  } else if (outside != nullptr) {
    text += "; outside of the window at " + moment_text(outside->time) + " (" +
            span_text(outside->time - start.time) + " later)";
  }
  return text;
}

std::string ExpectationWatcher::judge(const EventExpectation& expected, const Use& use,
                                      const FaultTimes& faults) const {
  const std::vector<Start> from = starts(expected, use, faults);
  if (from.empty()) {
    return "what it is counted from never happened";  // nothing was shown, so nothing is taken as shown
  }
  for (const Start& start : from) {
    if (!expected.each) {
      if (std::string why = judge_from(expected, use, start, nullptr); !why.empty()) {
        return why;
      }
      continue;
    }
    if (start.list->empty()) {
      return "the list it goes through is empty at " + moment_text(start.time);
    }
    for (const std::string& element : *start.list) {
      if (std::string why = judge_from(expected, use, start, &element); !why.empty()) {
        return why;
      }
    }
  }
  return {};
}

std::vector<ExpectationResult> ExpectationWatcher::judge(const FaultTimes& faults) const {
  std::vector<ExpectationResult> results;
  for (std::size_t i = 0; i < expectations_.size(); ++i) {
    ExpectationResult result{.text = expectations_[i].text, .detail = {}};
    if (const auto* expected = std::get_if<EventExpectation>(&expectations_[i].what)) {
      result.detail = judge(*expected, uses_[i], faults);
      result.met = result.detail.empty();
    }
    results.push_back(std::move(result));
  }
  return results;
}

}  // namespace arbees::sim
