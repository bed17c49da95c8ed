// Whatever is scheduled is survived, and comes out the same way twice; what is not is made small by the shrinker.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "sim/recording/failure_file.h"
#include "sim/runner/run.h"
#include "sim/scenario/document_text.h"
#include "sim/scenario/library.h"
#include "sim/scenario/span.h"
#include "sim/shrink/minimal_subset.h"
#include "sim/shrink/shrinker.h"
#include "sim/swarm/companion.h"
#include "sim/swarm/draw.h"
#include "sim/swarm/episode.h"
#include "sim/swarm/orders.h"
#include "sim/swarm/seeded.h"
#include "tests/property/cases.h"

namespace arbees::sim {
namespace {

namespace fs = std::filesystem;
using arbees::testing::cases_seed;
using arbees::testing::holds_for;

constexpr Duration active = seconds{240};
constexpr Duration calm = seconds{300};

/// A scenario that was generated, and the seed it is run with.
struct Case {
  std::string text;
  std::uint64_t seed;
};

void showValue(const Case& tried, std::ostream& out) {
  out << "seed " << tried.seed << " of\n" << tried.text;
}

/// One episode: its kind and times are rapidcheck's, what else its kind takes is drawn from a number.
void add_episode(SwarmDraw& draw, std::vector<PlannedEpisode>& accepted) {
  const auto kinds = fault_table();
  const FaultRow& row = kinds[*rc::gen::inRange<std::size_t>(0, kinds.size())];
  EpisodeTime time;
  time.start =
      milliseconds{100} * *rc::gen::inRange(50, static_cast<int>(active / milliseconds{100}) - 10);
  time.length =
      std::min<Duration>(milliseconds{100} * *rc::gen::inRange(1, 1'200), active - time.start);
  Streams streams(*rc::gen::inRange<std::uint64_t>(0, 1U << 30U));
  Stream& draws = streams.get("episode");
  const std::string name = std::string(row.name) + "-" + std::to_string(draw.episodes.size());
  const auto add = [&](std::optional<Value> fault, const EpisodeTime& at) {
    const bool allowed =
        fault &&
        refusal(planned(*fault, at, draw.shards), accepted, seconds{1}, draw.shards).empty();
    if (allowed) {
      accepted.push_back(planned(*fault, at, draw.shards));
      draw.episodes.push_back(std::move(*fault));
    }
    return allowed;
  };
  std::optional<Value> fault = draw_episode(row, name, time, draw.shards, draws);
  if (add(fault, time)) {
    if (auto companion = draw_companion(*fault, time, draw.shards, draws)) {
      add(std::move(companion->fault), companion->time);
    }
  }
}

Value document_of(const SwarmDraw& draw, const std::string& expect) {
  auto policies = parse_document(R"({"hardened": {"expect": [)" + expect + "]}}");
  if (!policies) {
    throw std::runtime_error(policies.error().text);
  }
  return object_value({{"name", text_value("generated")},
                       {"title", text_value("what a property was tried with")},
                       {"source", text_value("generated")},
                       {"duration", text_value(span_text(active + calm))},
                       {"fleet", object_value({{"shards", count_value(draw.shards)}})},
                       {"games", object_value({{"count", count_value(draw.games.size())},
                                               {"from", text_value("15s")}})},
                       {"faults", list_value(draw.episodes)},
                       {"orders", list_value(draw.orders)},
                       {"policies", std::move(*policies)}});
}

/// Two to four shards, up to twelve games, up to five faults and three orders.
Case generate(const std::string& expect) {
  SwarmDraw draw;
  draw.shards = *rc::gen::inRange<std::uint64_t>(2, 5);
  draw.games.resize(*rc::gen::inRange<std::size_t>(1, 13));
  std::vector<PlannedEpisode> accepted;
  const int episodes = *rc::gen::inRange(0, 6);
  for (int i = 0; i < episodes; ++i) {
    add_episode(draw, accepted);
  }
  const auto orders = *rc::gen::inRange<std::uint64_t>(0, 4);
  Scenario profile;
  profile.duration = active + calm;
  profile.swarm.emplace();
  profile.swarm->orders = {orders, orders};
  profile.swarm->calm = calm;
  Streams streams(*rc::gen::inRange<std::uint64_t>(0, 1U << 30U));
  draw_orders(profile, accepted, draw, streams.get("orders"));
  const auto seed = *rc::gen::inRange<std::uint64_t>(1, 1U << 30U);
  return {.text = read_drawn(document_of(draw, expect), 0, {}).text, .seed = seed};
}

Case generated(const std::string& expect) {
  return *rc::gen::noShrink(rc::gen::exec([&] { return generate(expect); }));
}

LoadedScenario loaded(const std::string& text) {
  auto scenario = read_scenario(text, {});
  if (!scenario) {
    throw std::runtime_error(scenario.error().pointer + ": " + scenario.error().text + "\n" + text);
  }
  return {"generated.json", std::move(*scenario), text, {}};
}

/// The smallest scenario that fails like this run, in a file, and the command that shows it.
std::string smallest_story(const Case& failed, const LoadedScenario& scenario) {
  Tape tape;
  const RunRequest request{.scenario = scenario.scenario,
                           .policy = scenario.scenario.policies.at(0),
                           .seed = failed.seed,
                           .tape = {.given = nullptr, .kept = &tape}};
  const auto opened = open_failure(
      failure_json(failure_of(scenario, request, run_scenario(request), {})), "the failed case");
  if (!opened) {
    return opened.error();
  }
  const std::string name =
      "property-" + std::to_string(cases_seed()) + "-" + std::to_string(failed.seed);
  const auto shrunk = shrink(*opened, {.name = name});
  if (!shrunk) {
    return "the failure did not come again";
  }
  const fs::path folder = fs::path(ARBEES_BIN_DIR).parent_path() / "property";
  fs::create_directories(folder);
  const fs::path file = folder / (name + ".json");
  std::ofstream(file, std::ios::binary) << shrunk->text;
  return shrunk->failure.subject + ": " + shrunk->failure.text + "\n" + shrunk->text +
         "arbees-chaos run " + file.string() + " --policy hardened --seed " +
         std::to_string(shrunk->seed);
}

std::string run_digest(const LoadedScenario& scenario, std::uint64_t seed) {
  return digest_text(
      run_scenario(
          {.scenario = scenario.scenario, .policy = scenario.scenario.policies.at(0), .seed = seed})
          .digest);
}

TEST(Schedule, WhateverIsScheduledIsSurvived) {
  holds_for(
      120,
      [] {
        const Case tried = generated(R"({"metric": "signals_duplicated", "at_most": 0})");
        const LoadedScenario scenario = loaded(tried.text);
        const RunResult result = run_scenario({.scenario = scenario.scenario,
                                               .policy = scenario.scenario.policies.at(0),
                                               .seed = tried.seed});
        if (result.verdict != Verdict::pass) {
          RC_FAIL(smallest_story(tried, scenario));
        }
      },
      false);
}

TEST(Schedule, TheSameScheduleIsTheSameRun) {
  holds_for(
      10,
      [] {
        const Case tried = generated("");
        const LoadedScenario scenario = loaded(tried.text);
        RC_ASSERT(run_digest(scenario, tried.seed) == run_digest(scenario, tried.seed));
      },
      false);
}

TEST(Schedule, WhatIsWrittenIsWhatWasRead) {
  holds_for(
      100,
      [] {
        const Case tried = generated("");
        const auto document = parse_document(tried.text);
        RC_ASSERT(document.has_value());
        RC_ASSERT(document_text(*document) == tried.text);
        const Scenario scenario = loaded(tried.text).scenario;
        RC_ASSERT(scenario.faults.size() == document->find("faults")->items.size());
        RC_ASSERT(scenario.orders.size() == document->find("orders")->items.size());
      },
      false);
}

// The way of a case that fails, with one that fails by what is expected of it.
TEST(Schedule, AFailingCaseIsMadeSmallAndNamesItsCommand) {
  SwarmDraw draw;
  draw.shards = 3;
  draw.games.resize(6);
  for (
      const char* fault :
      {R"({"fault": "latency", "from": "shards", "to": "redis", "latency": {"between": ["1ms", "9ms"]},
            "at": "30s", "for": "20s"})",
       R"({"fault": "crash", "target": "shard-2", "at": "61.3s", "for": "5s"})",
       R"({"fault": "pause", "target": "orchestrator", "at": "90s", "for": "1s"})"}) {
    draw.episodes.push_back(*parse_document(fault));
  }
  const Case failed{.text = document_text(document_of(draw, R"({"never": "shard_restarted"})")),
                    .seed = 7};
  const std::string story = smallest_story(failed, loaded(failed.text));
  EXPECT_TRUE(story.starts_with("never shard_restarted: ")) << story;
  const std::size_t command = story.find("arbees-chaos run ");
  ASSERT_NE(command, std::string::npos) << story;
  const std::size_t begin = story.rfind("arbees-chaos run ") + 17;
  const std::string file = story.substr(begin, story.find(' ', begin) - begin);
  const ScenarioLibrary library(fs::path(ARBEES_SOURCE_DIR) / "scenarios");
  const auto small = library.load(file);
  ASSERT_TRUE(small.has_value()) << small.error();
  ASSERT_EQ(small->scenario.faults.size(), 1U) << story;
  EXPECT_EQ(small->scenario.faults[0].kind, FaultKind::crash);
  fs::remove(file);
}

TEST(MinimalSubsetProperty, IsWhatIsNeededHoweverItIsSpread) {
  holds_for(200, [] {
    const auto size = *rc::gen::inRange<std::size_t>(1, 60);
    const auto needed =
        *rc::gen::container<std::set<std::size_t>>(rc::gen::inRange<std::size_t>(0, size));
    std::size_t asked = 0;
    const auto found = minimal_subset(
        size,
        [&](std::span<const std::size_t> kept) {
          ++asked;
          return std::ranges::includes(kept, needed);
        },
        [] { return false; });
    RC_ASSERT(std::ranges::equal(found, needed));
    RC_ASSERT(asked <= size * size + 7 * size);  // the worst case of ddmin
  });
}

}  // namespace
}  // namespace arbees::sim
