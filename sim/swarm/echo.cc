#include "sim/swarm/echo.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "core/base/assert.h"
#include "sim/engine/stream.h"
#include "sim/scenario/document_text.h"
#include "sim/scenario/span.h"
#include "sim/swarm/additions.h"
#include "sim/swarm/episode.h"

namespace arbees::sim {
namespace {

constexpr Ratio shaken{1, 2};
constexpr int shakings = 8;
/// Most bounds of invariants are over by then.
constexpr Duration goes_on_for = minutes{3};
constexpr Duration furthest = seconds{10};
constexpr Duration first_moment = seconds{1};

/// A scenario while its times are changed. A time that is a parameter or is drawn by the run is left to that.
class Shaking {
 public:
  Shaking(Value& document, Duration duration, Duration by, Stream& draws)
      : document_(document), last_moment_(duration - seconds{1}), by_(by), draws_(draws) {}

  void shake() {
    for (Value& fault : items("faults")) {
      move(fault, "at", first_moment);
      stretch(fault);
    }
    for (Value& order : items("orders")) {
      move(order, "at", first_moment);
    }
    for (Value& game : items("games")) {
      const std::optional<Duration> from = span(game, "from");
      if (from && find_member(game, "again") == nullptr) {
        move(game, "until", *from + first_moment);
      }
    }
  }

 private:
  std::vector<Value>& items(std::string_view key) {
    Value* list = find_member(document_, key);
    return list == nullptr ? nothing_ : list->items;
  }

  static std::optional<Duration> span(Value& object, std::string_view key) {
    const Value* value = find_member(object, key);
    return value == nullptr ? std::nullopt : parse_span(value->text);
  }

  void move(Value& object, std::string_view key, Duration earliest) {
    const std::optional<Duration> at = span(object, key);
    if (at && draws_.chance({1, 2})) {
      const Duration moved = whole_milliseconds(*at + draws_.between({-by_, by_}));
      set_member(object, key,
                 text_value(span_text(std::clamp(moved, std::min(earliest, *at), last_moment_))));
    }
  }

  void stretch(Value& fault) {
    const std::optional<Duration> lasts = span(fault, "for");
    const std::optional<Duration> at = span(fault, "at");
    if (lasts && at && *lasts >= milliseconds{2} && draws_.chance({1, 4})) {
      const Duration length = whole_milliseconds(draws_.between({*lasts / 2, 2 * *lasts}));
      set_member(fault, "for", text_value(span_text(std::min(length, last_moment_ - *at))));
    }
  }

  Value& document_;
  Duration last_moment_;
  Duration by_;
  Stream& draws_;
  std::vector<Value> nothing_;
};

/// The hardened policy of a document of which it is known that it has one.
Value& hardened_of(Value& document) {
  return *find_member(*find_member(document, "policies"), hardened_policy);
}

/// What is expected of the hardened policy, as it stands in the file.
Value expected_by(const LoadedScenario& scenario) {
  auto document = parse_document(scenario.text);
  ensure(document.has_value(), "a loaded scenario was parsed before");
  return std::move(*find_member(hardened_of(*document), "expect"));
}

/// The scenario with other expectations, as a run of the profile.
Value with_expectations(Value expected, const LoadedScenario& echoed,
                        const LoadedScenario& profile) {
  auto document = parse_document(echoed.text);
  ensure(document.has_value(), "a loaded scenario was parsed before");
  set_member(*document, "name", text_value(profile.scenario.name));
  set_member(*document, "source", text_value("an echo of " + echoed.scenario.name));
  Value policy = hardened_of(*document);
  set_member(policy, "expect", std::move(expected));
  set_member(*document, "policies",
             object_value({{std::string(hardened_policy), std::move(policy)}}));
  return *std::move(document);
}

Value as_it_was(const LoadedScenario& echoed, const LoadedScenario& profile) {
  Value expected = expected_by(profile);
  std::ranges::move(expected_by(echoed).items, std::back_inserter(expected.items));
  return with_expectations(std::move(expected), echoed, profile);
}

/// The scenario's own expectations are about its own times. It goes on for a while, so that what lasts too long is seen.
Value to_be_shaken(const LoadedScenario& echoed, const LoadedScenario& profile) {
  Value document = with_expectations(expected_by(profile), echoed, profile);
  set_member(document, "duration", text_value(span_text(echoed.scenario.duration + goes_on_for)));
  return document;
}

/// Whose draw is the highest: a new scenario changes the echoes of those seeds alone that are echoes of it then.
const LoadedScenario& draw_echoed(const std::vector<LoadedScenario>& scenarios, Streams& streams) {
  std::vector<std::uint64_t> drawn;
  for (const LoadedScenario& one : scenarios) {
    drawn.push_back(streams.get("swarm:echo of " + one.scenario.name).next());
  }
  return scenarios[static_cast<std::size_t>(
      std::distance(drawn.begin(), std::ranges::max_element(drawn)))];
}

}  // namespace

std::optional<Echo> draw_echo(const LoadedScenario& profile, std::uint64_t seed,
                              std::uint64_t mutation) {
  const auto& echoes = profile.scenario.swarm->echoes;
  Streams streams(seed);
  Stream& which = streams.get("swarm:echo");
  if (!echoes || !which.chance(echoes->share)) {
    return std::nullopt;
  }
  ensure(profile.echoed != nullptr && !profile.echoed->empty(),
         "a profile is loaded with the scenarios that its runs may be echoes of");
  const LoadedScenario& echoed = draw_echoed(*profile.echoed, streams);
  Stream& draws = streams.get("swarm:echo:" + std::to_string(mutation));
  std::string words = "seed " + std::to_string(seed) +
                      (mutation > 0 ? ", mutation " + std::to_string(mutation) : std::string()) +
                      ": an echo of " + echoed.scenario.name;
  const auto echo = [&](Scenario&& scenario, std::string&& text, const std::string& how) {
    return Echo{{profile.file, std::move(scenario), std::move(text), echoed.policies},
                words + how + "\n"};
  };
  if (mutation > 0 || draws.chance(shaken)) {
    const Duration by = magnitude(draws, milliseconds{1}, furthest);
    const Value whole = to_be_shaken(echoed, profile);
    const Duration duration = echoed.scenario.duration + goes_on_for;
    for (int attempt = 0; attempt < shakings; ++attempt) {
      Value document = whole;
      Shaking(document, duration, by, draws).shake();
      std::string text = document_text(document);
      // What is possible beside each other, only the reader knows.
      if (auto read = read_scenario(text, echoed.policies)) {
        return echo(*std::move(read), std::move(text), ", shaken by up to " + span_text(by));
      }
    }
  }
  std::string text = document_text(as_it_was(echoed, profile));
  auto read = read_scenario(text, echoed.policies);
  ensure(read.has_value(), "a scenario with another name can be read");
  return echo(*std::move(read), std::move(text), ", as it was");
}

}  // namespace arbees::sim
