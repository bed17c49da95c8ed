#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "sim/marks/fleet_marks.h"
#include "sim/runner/run.h"
#include "sim/scenario/document_text.h"
#include "sim/scenario/span.h"
#include "sim/swarm/draw.h"
#include "sim/swarm/episode.h"
#include "sim/swarm/near_bounds.h"
#include "sim/swarm/seeded.h"
#include "sim/sweep/sweep_plan.h"

namespace arbees::sim {
namespace {

const ScenarioLibrary& library() {
  static const ScenarioLibrary all(std::filesystem::path(ARBEES_SOURCE_DIR) / "scenarios");
  return all;
}

LoadedScenario profile(const std::string& name) {
  auto loaded = library().load((library().root() / "swarm" / (name + ".json")).string());
  EXPECT_TRUE(loaded.has_value()) << loaded.error();
  return std::move(*loaded);
}

TEST(Swarm, TheSameSeedDrawsTheSameRunAndAnotherDrawsAnother) {
  const LoadedScenario full = profile("full");
  std::set<std::string> texts;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const SeededScenario one(full, seed);
    EXPECT_EQ(one.loaded().text, SeededScenario(full, seed).loaded().text);
    EXPECT_FALSE(one.scenario().swarm.has_value());
    texts.insert(one.loaded().text);
  }
  EXPECT_EQ(texts.size(), 20U);
}

TEST(Swarm, EachKindIsFullyOffInSomeRunsAndOnInOthers) {
  const LoadedScenario full = profile("full");
  std::map<std::string, int> on;
  constexpr int seeds = 200;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const SwarmDraw draw = draw_swarm(full, seed);
    EXPECT_FALSE(draw.kinds.empty());
    for (const SwarmKind& kind : draw.kinds) {
      ++on[std::string(kind.row->name)];
    }
  }
  for (const FaultRow& row : fault_table()) {
    EXPECT_GT(on[std::string(row.name)], seeds / 10) << row.name;
    EXPECT_LT(on[std::string(row.name)], seeds * 9 / 10) << row.name;
  }
}

TEST(Swarm, EveryKindOfTheTableHappensInSomeRun) {
  const LoadedScenario full = profile("full");
  std::set<std::string> happened;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    const SeededScenario seeded(full, seed);
    for (const FaultSpec& fault : seeded.scenario().faults) {
      happened.insert(std::string(fault_row(fault.kind).name));
    }
  }
  for (const FaultRow& row : fault_table()) {
    EXPECT_TRUE(happened.contains(std::string(row.name))) << row.name;
  }
}

Duration span_of(const Value& value, std::string_view key) {
  const Value* span = value.find(key);
  return span == nullptr ? Duration{} : parse_span(span->text).value_or(Duration{});
}

// People work on a fleet that is in trouble, and games do not wait for it.
TEST(Swarm, MovesGamesJustBeforeTheOrchestratorEnds) {
  const LoadedScenario full = profile("full");
  int together = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const SwarmDraw draw = draw_swarm(full, seed);
    const bool moved = std::ranges::any_of(draw.episodes, [&](const Value& fault) {
      const Value* target = fault.find("target");
      const bool ends = fault.find("fault")->text == "crash" && target != nullptr &&
                        target->text == orchestrator_node;
      return ends && std::ranges::any_of(draw.orders, [&](const Value& order) {
               const Duration before = span_of(fault, "at") - span_of(order, "at");
               return order.find("order")->text == "move" && before > Duration{} &&
                      before < std::chrono::seconds{1};
             });
    });
    together += moved ? 1 : 0;
  }
  EXPECT_GT(together, 3);
}

// What shows a defect only in one order is drawn in that order, by seeds that the others do not depend on.
TEST(Swarm, DrawsSequencesInAShareOfTheSeeds) {
  const LoadedScenario full = profile("full");
  int overtaken = 0;
  int unheard = 0;
  int idle = 0;
  int gone_on = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    const SwarmDraw draw = draw_swarm(full, seed);
    for (const Value& fault : draw.episodes) {
      const bool together = fault.find("name")->text.starts_with("together-");
      const std::string& kind = fault.find("fault")->text;
      overtaken += together && kind == "redis_messages_delayed" ? 1 : 0;
      unheard += together && kind == "second_process" ? 1 : 0;
      idle += together && kind == "crash" && fault.find("target")->items.size() > 2 ? 1 : 0;
    }
    gone_on += std::ranges::any_of(draw.games, [](const SwarmGame& game) {
      EXPECT_TRUE(!game.again || *game.again > *game.until);
      return game.again.has_value();
    });
  }
  for (const int drawn : {overtaken, unheard, idle, gone_on}) {
    EXPECT_GT(drawn, 3);
    EXPECT_LT(drawn, 60);
  }
}

TEST(Swarm, DrawsHowMuchIsDoneAtOnce) {
  const LoadedScenario full = profile("full");
  std::map<std::string, int> drawn;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    std::map<std::string, int> values;
    for (const auto& [name, value] : draw_swarm(full, seed).settings) {
      if (name.ends_with("_PERCENT") || name == "HANDOFFS_MAX" ||
          name == "FAILOVER_GAMES_PER_SEC") {
        values[name] = std::stoi(value);
        ++drawn[name];
      }
    }
    EXPECT_EQ(values.contains("HOLD_ENTER_PERCENT"), values.contains("HOLD_LEAVE_PERCENT"));
    if (values.contains("HOLD_ENTER_PERCENT")) {
      EXPECT_LT(values["HOLD_LEAVE_PERCENT"], values["HOLD_ENTER_PERCENT"]);
    }
  }
  EXPECT_GT(drawn["HOLD_ENTER_PERCENT"], 5);
  EXPECT_GT(drawn["HANDOFFS_MAX"], 5);
  EXPECT_GT(drawn["FAILOVER_GAMES_PER_SEC"], 5);
}

// What the orchestrator has lost shards alone know, and they may be cut off after that.
TEST(Swarm, LetsNoShardForgetBeforeItIsHeard) {
  using std::chrono::seconds;
  const PlannedEpisode restored{
      .time = {seconds{100}, seconds{5}}, .nodes = {"orchestrator"}, .forgets = true};
  const PlannedEpisode cut{.time = {seconds{110}, seconds{60}}, .nodes = {}, .cuts = true};
  const auto crash_at = [](Duration at) {
    return PlannedEpisode{.time = {at, seconds{2}}, .nodes = {"shard-1"}};
  };
  const std::vector<PlannedEpisode> both{restored, cut};
  EXPECT_EQ(refusal(crash_at(seconds{150}), std::vector{restored}, {}, 4), "");
  EXPECT_NE(refusal(crash_at(seconds{150}), both, {}, 4), "");
  EXPECT_EQ(refusal(crash_at(seconds{250}), both, {}, 4), "");
  EXPECT_NE(refusal(cut, std::vector{restored, crash_at(seconds{150})}, {}, 4), "")
      << "in whatever order they are drawn";
}

// Swarm full, seed 7801: a game was given away while nobody could hear of it, and a copy of the store gave it back.
TEST(Swarm, LetsNoStoreForgetWhatNobodyHeard) {
  using std::chrono::seconds;
  const PlannedEpisode restored{
      .time = {seconds{300}, seconds{5}}, .nodes = {"orchestrator"}, .forgets = true};
  const auto full_from = [](Duration start, Duration length) {
    return PlannedEpisode{.time = {start, length}, .nodes = {"redis_full of redis"}};
  };
  EXPECT_NE(refusal(full_from(seconds{200}, seconds{150}), std::vector{restored}, {}, 4), "");
  EXPECT_NE(refusal(restored, std::vector{full_from(seconds{200}, seconds{150})}, {}, 4), "");
  EXPECT_EQ(refusal(full_from(seconds{200}, seconds{90}), std::vector{restored}, {}, 4), "")
      << "it is over before";
  EXPECT_EQ(refusal(full_from(seconds{280}, seconds{50}), std::vector{restored}, {}, 4), "")
      << "nobody is declared dead";
}

// Some are felt only by services, or only while another fault goes on.
TEST(Swarm, DrawsWhatMakesItsFaultsFelt) {
  for (const auto& [name, kinds] :
       {std::pair{"redis", std::vector<std::string>{"redis_oom", "redis_readonly", "redis_flood"}},
        std::pair{"storage", std::vector<std::string>{"store_locked"}}}) {
    const LoadedScenario loaded = profile(name);
    std::set<std::string> open(kinds.begin(), kinds.end());
    for (std::uint64_t seed = 1; seed <= 400 && !open.empty(); ++seed) {
      const SeededScenario seeded(loaded, seed);
      const bool has_one =
          std::ranges::any_of(seeded.scenario().faults, [&](const FaultSpec& fault) {
            return open.contains(std::string(fault_row(fault.kind).name));
          });
      if (!has_one) {
        continue;
      }
      const RunResult result = run_scenario({.scenario = seeded.scenario(),
                                             .policy = seeded.scenario().policies.at(0),
                                             .seed = seed});
      for (const FaultFigure& figure : result.metrics.faults) {
        if (figure.fired > 0) {
          open.erase(figure.kind);
        }
      }
    }
    EXPECT_TRUE(open.empty()) << name << ": " << *open.begin();
  }
}

TEST(Swarm, DrawsWhomAFaultHappensTo) {
  const LoadedScenario full = profile("full");
  std::set<std::string> seen;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    const SeededScenario seeded(full, seed);
    const Scenario& scenario = seeded.scenario();
    for (const FaultSpec& fault : scenario.faults) {
      const std::size_t shards = scenario.shards.size();
      if (fault.kind == FaultKind::crash && fault.nodes.size() > 1) {
        seen.insert("several crash");
        EXPECT_LE(fault.nodes.size(), most_away(shards)) << seed;
      }
      if (fault.kind == FaultKind::check_failing && shards > 1) {
        seen.insert(fault.nodes.size() == shards ? "all degraded" : "some degraded");
      }
      if (std::ranges::find(scenario.services, fault.nodes.empty() ? "" : fault.nodes.front()) !=
          scenario.services.end()) {
        seen.insert("a service");
      }
      if (fault.kind == FaultKind::partition_one_way) {
        seen.insert(fault.nodes.front() == redis_node ? "from Redis" : "to Redis");
      }
      if (fault.comes_back.max_games) {
        seen.insert("another room");
      }
    }
  }
  EXPECT_EQ(seen, (std::set<std::string>{"several crash", "all degraded", "some degraded",
                                         "a service", "from Redis", "to Redis", "another room"}));
}

TEST(Swarm, FleetsWithTheExistingSystemMeetOnlyTheKindsThatAreNamedForThem) {
  const LoadedScenario full = profile("full");
  const auto& allowed = full.scenario.swarm->old_wire->faults;
  int mixed = 0;
  bool changes = false;
  constexpr int seeds = 300;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const SeededScenario seeded(full, seed);
    const Scenario& scenario = seeded.scenario();
    if (scenario.old_wire.empty()) {
      EXPECT_TRUE(std::ranges::none_of(scenario.faults, [](const FaultSpec& fault) {
        return fault.comes_back.wire.has_value();
      })) << seed;
      continue;
    }
    ++mixed;
    EXPECT_LE(scenario.old_wire.size(), most_away(scenario.shards.size())) << seed;
    for (const FaultSpec& fault : scenario.faults) {
      EXPECT_NE(std::ranges::find(allowed, fault.kind), allowed.end()) << seed << " " << fault.name;
      changes = changes || fault.comes_back.wire.has_value();
    }
  }
  EXPECT_GT(mixed, seeds / 12);
  EXPECT_LT(mixed, seeds / 3);
  EXPECT_TRUE(changes);
}

TEST(Swarm, AnOrderToMoveAGameComesWhenTheGameIsLive) {
  const LoadedScenario full = profile("full");
  int moves = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const SeededScenario seeded(full, seed);
    for (const ScenarioOrder& order : seeded.scenario().orders) {
      if (order.order.verb != Verb::move) {
        continue;
      }
      const auto game = std::ranges::find(
          seeded.scenario().games, order.order.game,
          [](const ScenarioGame& scenario_game) { return scenario_game.game.id; });
      ASSERT_NE(game, seeded.scenario().games.end()) << seed;
      EXPECT_GT(order.at.range.lo, game->from) << seed;
      ++moves;
    }
  }
  EXPECT_GT(moves, 20);
}

TEST(Swarm, OperatorsTakeBackWhatLastsBeforeTheCalm) {
  const LoadedScenario full = profile("full");
  const Duration active = full.scenario.duration - full.scenario.swarm->calm;
  std::map<Verb, int> given;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const SeededScenario seeded(full, seed);
    std::map<std::string, int> lasting;  // what is not taken back, by whom it is about
    for (const ScenarioOrder& order : seeded.scenario().orders) {
      ++given[order.order.verb];
      EXPECT_LE(order.at.range.hi, active) << seed;
      switch (order.order.verb) {
        case Verb::cordon:
        case Verb::drain: ++lasting["cordon " + order.order.shard.str()]; break;
        case Verb::uncordon: --lasting["cordon " + order.order.shard.str()]; break;
        case Verb::maintenance: ++lasting["maintenance " + order.order.shard.str()]; break;
        case Verb::end_maintenance: --lasting["maintenance " + order.order.shard.str()]; break;
        case Verb::pause: ++lasting["pause"]; break;
        case Verb::resume: --lasting["pause"]; break;
        default: break;
      }
    }
    for (const auto& [what, left] : lasting) {
      EXPECT_EQ(left, 0) << seed << " " << what;
    }
  }
  EXPECT_EQ(given.size(), verb_count - 1) << "all but release_hold";
}

TEST(Swarm, EveryFaultIsHealedBeforeTheCalm) {
  for (const char* name :
       {"lite", "full", "redis", "network", "processes", "storage", "clocks", "messages"}) {
    const LoadedScenario loaded = profile(name);
    const Duration active = loaded.scenario.duration - loaded.scenario.swarm->calm;
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
      const SeededScenario seeded(loaded, seed);
      for (const FaultSpec& fault : seeded.scenario().faults) {
        const Duration lasts = fault.lasts ? fault.lasts->range.hi : Duration{};
        EXPECT_LE(fault.at.range.hi + lasts, active) << name << " " << seed << " " << fault.name;
      }
    }
  }
}

TEST(Swarm, NamesKindsOrTheBeginningOfSeveral) {
  const auto kinds = [](const std::string& faults) {
    return read_scenario(R"({"name": "x", "title": "t", "source": "s", "duration": "60s",
        "fleet": {"shards": 2}, "games": 4, "faults": [],
        "swarm": {"faults": [)" +
                             faults + R"(], "episodes": {"least": 1, "most": 2},
                  "shards": {"least": 1, "most": 2}, "games": {"least": 1, "most": 2}, "calm": "9s"},
        "policies": {"hardened": {"expect": []}}})",
                         {});
  };
  const auto redis = kinds(R"("redis_*", "crash")");
  ASSERT_TRUE(redis.has_value()) << redis.error().text;
  std::size_t expected = 1;
  for (const FaultRow& row : fault_table()) {
    expected += row.name.starts_with("redis_") ? 1 : 0;
  }
  EXPECT_EQ(redis->swarm->faults.size(), expected);
  EXPECT_EQ(kinds(R"("crsh")").error().text, "unknown fault \"crsh\"; did you mean \"crash\"?");
  EXPECT_EQ(kinds(R"("crsh")").error().pointer, "/swarm/faults/0");
  EXPECT_FALSE(kinds(R"("radis_*")").has_value());
}

TEST(Swarm, SaysEverythingItDrew) {
  const SwarmDraw draw = draw_swarm(profile("full"), 7);
  const std::string text = swarm_text(draw);
  EXPECT_NE(text.find("seed 7: " + std::to_string(draw.shards) + " shards, "), std::string::npos);
  for (const SwarmKind& kind : draw.kinds) {
    EXPECT_NE(text.find(" " + std::string(kind.row->name) + " "), std::string::npos);
  }
  for (const auto& [name, value] : draw.settings) {
    EXPECT_NE(text.find(name + "=" + value), std::string::npos);
  }
}

TEST(Mutation, ChangesTheScheduleAndNothingElse) {
  const LoadedScenario full = profile("full");
  const SwarmDraw before = draw_swarm(full, 3);
  std::set<std::string> schedules;
  for (std::uint64_t mutation = 1; mutation <= 20; ++mutation) {
    const SwarmDraw after = draw_swarm(full, 3, mutation);
    EXPECT_EQ(after.shards, before.shards);
    EXPECT_EQ(after.games.size(), before.games.size());
    EXPECT_EQ(after.settings, before.settings);
    const SeededScenario one(full, 3, mutation);
    EXPECT_EQ(one.loaded().text, SeededScenario(full, 3, mutation).loaded().text);
    schedules.insert(document_text(list_value(after.episodes)));
  }
  EXPECT_GT(schedules.size(), 15U);
}

TEST(Mutation, KeepsToThePolicyAndHealsBeforeTheCalm) {
  const LoadedScenario full = profile("full");
  const Duration active = full.scenario.duration - full.scenario.swarm->calm;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const SwarmDraw draw = draw_swarm(full, seed, seed);
    std::vector<PlannedEpisode> accepted;
    const SeededScenario seeded(full, seed, seed);
    for (const FaultSpec& fault : seeded.scenario().faults) {
      const Duration lasts = fault.lasts ? fault.lasts->range.hi : Duration{};
      EXPECT_LE(fault.at.range.hi + lasts, active) << seed << " " << fault.name;
    }
    for (const Value& fault : draw.episodes) {
      const Value* lasts = fault.find("for");
      const EpisodeTime time{*parse_span(fault.find("at")->text),
                             lasts == nullptr ? Duration{} : *parse_span(lasts->text)};
      const PlannedEpisode episode = planned(fault, time, draw.shards);
      EXPECT_EQ(refusal(episode, accepted, draw.stable, draw.shards), "") << seed;
      accepted.push_back(episode);
    }
  }
}

TEST(Policy, RefusesToBreakWhatIsBrokenAndToLeaveTooFewShards) {
  const PlannedEpisode first{.time = {.start = seconds{10}, .length = seconds{10}},
                             .nodes = {"shard-1"}};
  const auto second = [](Duration start, const char* node) {
    return PlannedEpisode{.time = {.start = start, .length = seconds{5}}, .nodes = {node}};
  };
  const std::vector<PlannedEpisode> others{first};
  EXPECT_EQ(refusal(second(seconds{15}, "shard-1"), others, seconds{1}, 3),
            "shard-1 would be broken while it is, or has hardly healed");
  EXPECT_NE(refusal(second(milliseconds{20'500}, "shard-1"), others, seconds{1}, 3), "");
  EXPECT_EQ(refusal(second(seconds{22}, "shard-1"), others, seconds{1}, 3), "");
  EXPECT_EQ(refusal(second(seconds{15}, "shard-2"), others, seconds{1}, 4), "");
  EXPECT_EQ(refusal(second(seconds{15}, "shard-2"), others, seconds{1}, 3),
            "too few shards would be left");
  EXPECT_EQ(refusal(second(seconds{15}, "redis"), others, seconds{1}, 2), "");
}

TEST(Policy, CountsEachShardOfAFaultAndNoneThatGoesOn) {
  const EpisodeTime time{.start = seconds{10}, .length = seconds{10}};
  const auto fault = [](const char* text) { return *parse_document(text); };
  const PlannedEpisode two =
      planned(fault(R"({"fault": "crash", "target": ["shard-1", "shard-2"]})"), time, 4);
  EXPECT_EQ(two.nodes, (std::vector<std::string>{"shard-1", "shard-2"}));
  EXPECT_EQ(refusal(two, {}, seconds{1}, 4), "");
  EXPECT_EQ(refusal(two, {}, seconds{1}, 3), "too few shards would be left");
  const std::vector<PlannedEpisode> others{two};
  const PlannedEpisode all =
      planned(fault(R"({"fault": "check_failing", "target": "shards"})"), time, 4);
  EXPECT_EQ(refusal(all, others, seconds{1}, 4), "");
  const PlannedEpisode jump =
      planned(fault(R"({"fault": "wall_jump", "target": "shard-1"})"), time, 4);
  EXPECT_EQ(refusal(jump, others, seconds{1}, 4), "");
  EXPECT_NE(refusal(jump, std::vector{jump}, seconds{1}, 4), "");
}

TEST(Policy, LetsTheOrchestratorLoseItsDecisionsOnce) {
  const auto at = [](Duration start, const char* text) {
    return planned(*parse_document(text), {.start = start, .length = seconds{1}}, 3);
  };
  constexpr const char* restored = R"({"fault": "store_restored"})";
  constexpr const char* second = R"({"fault": "second_process", "target": "orchestrator"})";
  const std::vector<PlannedEpisode> others{at(seconds{10}, restored)};
  EXPECT_EQ(refusal(at(seconds{500}, restored), others, seconds{1}, 3),
            "what the orchestrator decided can be lost once in a run");
  EXPECT_NE(refusal(at(seconds{500}, second), others, seconds{1}, 3), "");
  EXPECT_EQ(refusal(at(seconds{500}, R"({"fault": "second_process", "target": "shard-1"})"), others,
                    seconds{1}, 3),
            "");
  // Swarm full, seed 1053: docs/limits.md.
  EXPECT_EQ(refusal(at(seconds{500}, R"({"fault": "hostile_messages"})"), others, seconds{1}, 3),
            "who has forgotten believes a stranger");
  // Swarm storage, seed 122: the only one that knew a game's last epoch was restarted before it had said so.
  constexpr const char* crash = R"({"fault": "crash", "target": "shard-1"})";
  EXPECT_NE(refusal(at(seconds{12}, crash), others, seconds{1}, 3), "");
  EXPECT_EQ(refusal(at(seconds{500}, crash), others, seconds{1}, 3), "");
}

TEST(Policy, AStoreIsRestoredWhereItsOrchestratorCanStartAgain) {
  // One that stayed away would learn too late what it had lost: the only shard that knew had been restarted meanwhile.
  const auto at = [](Duration start, Duration length, const char* text) {
    return planned(*parse_document(text), {.start = start, .length = length}, 3);
  };
  const std::vector<PlannedEpisode> away{
      at(seconds{300}, seconds{190}, R"({"fault": "power_loss", "target": "orchestrator"})")};
  constexpr const char* restored = R"({"fault": "store_restored"})";
  EXPECT_EQ(refusal(at(seconds{330}, seconds{1}, restored), away, seconds{1}, 3),
            "orchestrator would be broken while it is, or has hardly healed");
  EXPECT_EQ(refusal(at(seconds{500}, seconds{1}, restored), away, seconds{1}, 3), "");
}

TEST(Policy, AnUpgradeInTurnsLeavesTheOthers) {
  const auto planned_at = [](const char* text) {
    return planned(*parse_document(text), {.start = seconds{50}, .length = seconds{60}}, 5);
  };
  const PlannedEpisode upgrade = planned_at(R"({"fault": "rolling_upgrade", "for": "60s"})");
  EXPECT_EQ(refusal(upgrade, {}, seconds{1}, 5), "");
  const PlannedEpisode others[] = {
      planned_at(R"({"fault": "crash", "target": ["shard-6", "shard-7"]})")};
  EXPECT_EQ(refusal(upgrade, others, seconds{1}, 5), "too few shards would be left");
}

TEST(NearBounds, SettingsAreDrawnThatTheRelationsJustAllow) {
  std::set<std::string> names;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Streams streams(seed);
    const auto drawn = draw_settings_near_bounds({}, milliseconds{70}, 4, streams.get("x"));
    const std::vector<SettingSource> sources{{"x", {drawn.begin(), drawn.end()}}};
    const auto orchestrator = read_orchestrator_settings(sources);
    const auto shard = read_shard_settings(sources);
    EXPECT_TRUE(orchestrator.usable());
    EXPECT_TRUE(shard.usable());
    EXPECT_TRUE(check_fleet(orchestrator.settings, shard.settings).empty()) << "seed " << seed;
    EXPECT_GE(shard.settings.redis.connect_deadline, milliseconds{8 * 70})
        << "swarm clocks, seed 241: no connection could be opened in time";
    for (const auto& [name, value] : drawn) {
      names.insert(name);
    }
  }
  EXPECT_GT(names.size(), 10U);
}

TEST(NearBounds, WhatIsGivenStaysAsItIs) {
  const std::vector<SettingSource> base{{"base", {{"SHARD_TIMEOUT_SECS", "60"}}}};
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Streams streams(seed);
    for (const auto& [name, value] :
         draw_settings_near_bounds(base, milliseconds{70}, 8, streams.get("x"))) {
      EXPECT_NE(name, "SHARD_TIMEOUT_SECS");
    }
  }
}

TEST(Sweep, HasEachFaultAtEachMomentOnce) {
  auto loaded = library().load("01b");
  ASSERT_TRUE(loaded.has_value()) << loaded.error();
  const auto shared = std::make_shared<const LoadedScenario>(std::move(*loaded));
  const Sweep sweep = plan_sweep(shared, "hardened", "01b", {.seed = 3, .pairs = 5});
  EXPECT_EQ(sweep.base_failure, "");
  EXPECT_GT(sweep.points.size(), 10U);
  std::set<std::string> kinds;
  for (const Value& fault : sweep.faults) {
    kinds.insert(fault.find("fault")->text);
  }
  EXPECT_GT(kinds.size(), 20U);
  ASSERT_EQ(sweep.plan.size, 1 + sweep.points.size() * sweep.faults.size() + 5);
  std::set<std::string> keys;
  for (std::uint64_t index = 0; index < *sweep.plan.size - 5; index += 37) {
    const SearchJob job = sweep.plan.job(index);
    EXPECT_TRUE(keys.insert(job.key()).second) << job.key();
    EXPECT_EQ(sweep.plan.key(index), job.key());
    EXPECT_EQ(job.loaded->scenario.faults.size(),
              shared->scenario.faults.size() + (index == 0 ? 0 : 1));
    EXPECT_TRUE(job.loaded->scenario.policy("hardened")->expectations.empty());
  }
  const SearchJob pair = sweep.plan.job(*sweep.plan.size - 1);
  EXPECT_NE(pair.variant.find(" and "), std::string::npos);
  // The same number is the same run, whichever process makes it.
  EXPECT_EQ(make_run(sweep.plan.job(38), false).digest, make_run(sweep.plan.job(38), true).digest);
}

TEST(Marks, RegisterThemselvesAndCountWhatHappened) {
  std::set<std::string_view> texts;
  for (const MarkRow& row : mark_rows()) {
    EXPECT_TRUE(texts.insert(row.text).second) << row.text;
  }
  EXPECT_TRUE(texts.contains("the orchestrator was blind"));
  EXPECT_TRUE(texts.contains("two processes were heard under one name"));

  auto loaded = library().load("01b");
  ASSERT_TRUE(loaded.has_value());
  FleetMarks marks;
  RunRequest request{.scenario = loaded->scenario, .policy = loaded->scenario.policies.at(0)};
  request.recorder = &marks;
  (void)run_scenario(request);
  const auto hits = [&](std::string_view text) {
    const auto row = std::ranges::find(mark_rows(), text, &MarkRow::text);
    return marks.board().hits()[static_cast<std::size_t>(row - mark_rows().begin())];
  };
  EXPECT_EQ(hits("a game was moved from a dead shard"), 4U);
  EXPECT_EQ(hits("a dead shard came back"), 1U);
  EXPECT_EQ(hits("most of the fleet fell silent at once"), 0U);
}

}  // namespace
}  // namespace arbees::sim
