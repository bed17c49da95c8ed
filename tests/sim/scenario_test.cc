#include "sim/scenario/scenario.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "sim/scenario/library.h"
#include "sim/scenario/span.h"

namespace arbees::sim {
namespace {

namespace fs = std::filesystem;

const fs::path source_folder = ARBEES_SOURCE_DIR;

PolicyFiles policy_files() {
  return {{std::string(as_analysed_policy), {"policy as-analysed", {{"SHARD_LEASE_SECS", "0"}}}}};
}

/// A whole scenario with one part of it replaced.
struct Parts {
  std::string head = R"("name": "x", "title": "t", "source": "s", "duration": "60s")";
  std::string fleet = R"("fleet": {"shards": 2}, "games": 4)";
  std::string more = R"("settings": {})";
  std::string faults = R"({"fault": "crash", "target": "shard-1", "at": "20s", "for": "5s"})";
  std::string expect = R"({"never": "shard_died"})";

  [[nodiscard]] std::string text() const {
    return "{" + head + ",\n " + fleet + ",\n " + more + ",\n \"faults\": [\n  " + faults +
           "\n ],\n \"policies\": {\"hardened\": {\"expect\": [\n  " + expect + "\n ]}}}";
  }
};

std::string problem_of(const std::string& text) {
  const auto scenario = read_scenario(text, policy_files());
  return scenario ? std::string() : problem_text("x.json", scenario.error());
}

std::string problem_of(const Parts& parts) { return problem_of(parts.text()); }

Scenario good(const Parts& parts) {
  auto scenario = read_scenario(parts.text(), policy_files());
  EXPECT_TRUE(scenario.has_value()) << problem_of(parts);
  return scenario.value_or(Scenario{});
}

TEST(Span, ReadsEveryUnitExactly) {
  EXPECT_EQ(parse_span("20s"), seconds{20});
  EXPECT_EQ(parse_span("1.5s"), milliseconds{1'500});
  EXPECT_EQ(parse_span("250ms"), milliseconds{250});
  EXPECT_EQ(parse_span("0.25ms"), std::chrono::microseconds{250});
  EXPECT_EQ(parse_span("10us"), std::chrono::microseconds{10});
  EXPECT_EQ(parse_span("3m"), seconds{180});
  EXPECT_EQ(parse_span("1h"), seconds{3'600});
  EXPECT_EQ(parse_span_range("1s..2s"), (DurationRange{seconds{1}, seconds{2}}));
  EXPECT_EQ(parse_span_range("45s"), (DurationRange{seconds{45}, seconds{45}}));
}

TEST(Span, RefusesEverythingElse) {
  for (const char* text : {"", "s", "20", "20 s", "-1s", "+1s", "1.s", "1,5s", "20sec", "1.5m",
                           "1d", "99999999999999999999s", "10000000000s"}) {
    EXPECT_EQ(parse_span(text), std::nullopt) << text;
  }
  EXPECT_EQ(parse_span_range("2s..1s"), std::nullopt);
  EXPECT_EQ(parse_span_range("1s..2s..3s"), std::nullopt);
}

TEST(Scenario, AGoodFileIsUnderstood) {
  Parts parts;
  parts.more = R"("settings": {"SHARD_TIMEOUT_SECS": "75", "MAX_GAMES": 7},
    "parameters": {"when": {"default": {"between": ["10s", "20s"]}, "doc": "d"}})";
  parts.faults = R"({"fault": "crash", "target": ["shard-2"], "at": "$when", "for": "5s"},
    {"fault": "partition", "from": "shards", "to": "redis", "at": "1s"})";
  const Scenario scenario = good(parts);
  EXPECT_EQ(scenario.duration, seconds{60});
  EXPECT_EQ(scenario.shards, (std::vector<ShardId>{ShardId("shard-1"), ShardId("shard-2")}));
  EXPECT_EQ(scenario.games.size(), 4U);
  ASSERT_EQ(scenario.faults.size(), 2U);
  EXPECT_EQ(scenario.faults[0].at.parameter, "when");
  EXPECT_EQ(scenario.faults[0].at.range, (DurationRange{seconds{10}, seconds{20}}));
  EXPECT_EQ(scenario.faults[1].nodes, (std::vector<std::string>{"shard-1", "shard-2"}));
  EXPECT_EQ(scenario.faults[1].peers, (std::vector<std::string>{"redis"}));
  EXPECT_FALSE(scenario.faults[1].lasts);
  const PolicySpec& policy = scenario.policies.at(0);
  EXPECT_EQ(policy.orchestrator.shard_timeout, seconds{75});
  ASSERT_EQ(policy.shards.size(), 2U);
  EXPECT_EQ(policy.shards[1].max_games, 7U);
  EXPECT_EQ(policy.shards[1].id, ShardId("shard-2"));
}

TEST(Scenario, GamesAreCountedOrListed) {
  Parts parts;
  parts.fleet = R"("fleet": {"shards": 1}, "games": {"count": 2, "from": "5s", "until": "50s"})";
  const Scenario counted = good(parts);
  ASSERT_EQ(counted.games.size(), 2U);
  EXPECT_EQ(counted.games[1].game.id, GameId("game-2"));
  EXPECT_EQ(counted.games[1].from, seconds{5});
  EXPECT_EQ(counted.games[1].until, seconds{50});
  parts.fleet =
      R"("fleet": {"shards": 1}, "games": ["a", {"id": "b", "sport": "nfl", "from": "1s"}])";
  const Scenario listed = good(parts);
  ASSERT_EQ(listed.games.size(), 2U);
  EXPECT_EQ(listed.games[0].game.sport, "nba");
  EXPECT_EQ(listed.games[1].game.sport, "nfl");
  EXPECT_EQ(listed.games[1].from, seconds{1});
}

TEST(Scenario, CommentsAreAllowed) {
  Parts parts;
  parts.more = "// a remark\n \"settings\": {} /* another */";
  EXPECT_EQ(problem_of(parts), "");
}

TEST(Scenario, APolicysSettingsWinOverTheScenariosAndThoseOverItsFiles) {
  const std::string text = R"({"name": "x", "title": "t", "source": "s", "duration": "60s",
    "fleet": {"shards": 1}, "games": 0, "settings": {"SHARD_TIMEOUT_SECS": 90, "MAX_GAMES": 3},
    "faults": [], "policies": {"as-analysed": {"settings": {"SHARD_TIMEOUT_SECS": 80}, "expect": []}}})";
  const auto scenario = read_scenario(text, policy_files());
  ASSERT_TRUE(scenario) << scenario.error().text;
  const PolicySpec& policy = scenario->policies.at(0);
  EXPECT_EQ(policy.orchestrator.lease, Duration{});
  EXPECT_EQ(policy.orchestrator.shard_timeout, seconds{80});
  EXPECT_EQ(policy.shards.at(0).max_games, 3U);
  EXPECT_EQ(policy.warnings.size(), 1U);
}

TEST(Scenario, AWrongKeyIsNamedWithItsPlaceAndTheNearestOne) {
  Parts parts;
  parts.head = R"("nme": "x", "title": "t", "source": "s", "duration": "60s")";
  EXPECT_EQ(problem_of(parts), "x.json:1:2: /nme: unknown key \"nme\"; did you mean \"name\"?");
}

TEST(Scenario, ADuplicateKeyIsRefusedWhereverItStands) {
  Parts parts;
  parts.faults =
      "{\"fault\": \"crash\", \"target\": \"shard-1\",\n   \"at\": \"20s\", \"at\": \"30s\"}";
  EXPECT_EQ(
      problem_of(parts),
      "x.json:6:17: the key \"at\" stands twice in one object, first in line 6; keep one of them");
}

TEST(Scenario, AWrongDurationIsNamedWithTheRightForm) {
  Parts parts;
  parts.faults = R"({"fault": "crash", "target": "shard-1", "at": "20 s"})";
  EXPECT_EQ(
      problem_of(parts),
      "x.json:5:49: /faults/0/at: \"20 s\" is not what is expected here: a span of time: a number "
      "and its unit (us, ms, s, m or h), such as 20s, 1.5s or 250ms");
  parts.faults = R"({"fault": "crash", "target": "shard-1", "at": 20})";
  EXPECT_NE(problem_of(parts).find("/faults/0/at: 20 is not what"), std::string::npos)
      << problem_of(parts);
}

TEST(Scenario, AnUnknownShardGetsTheNearestNode) {
  Parts parts;
  parts.faults = R"({"fault": "crash", "target": "shard-3", "at": "20s"})";
  EXPECT_EQ(problem_of(parts),
            "x.json:5:32: /faults/0/target: unknown node \"shard-3\"; did you mean \"shard-1\"?");
}

TEST(Scenario, AnUnknownFaultGetsTheNearestOne) {
  Parts parts;
  parts.faults = R"({"fault": "redis_dwon", "at": "20s"})";
  EXPECT_EQ(
      problem_of(parts),
      "x.json:5:13: /faults/0/fault: unknown fault \"redis_dwon\"; did you mean \"redis_down\"?");
}

TEST(Scenario, EveryOtherMistakeIsNamedToo) {
  struct Case {
    std::string Parts::* part;
    std::string text;
    std::string problem;  ///< what the message contains
  };
  const std::vector<Case> cases{
      {&Parts::head, R"("name": "x", "title": "t", "source": "s")",
       "/: the key \"duration\" is missing"},
      {&Parts::head, R"("name": "", "title": "t", "source": "s", "duration": "60s")",
       "/name: \"\" is not"},
      {&Parts::head, R"("name": "x", "title": "t", "source": "s", "duration": "0s")",
       "/duration: expected a duration above 0s"},
      {&Parts::fleet, R"("fleet": {"shards": 0}, "games": 4)", "/fleet/shards: 0 is not"},
      {&Parts::fleet, R"("fleet": {"shards": ["a", "a"]}, "games": 4)", "\"a\" is named twice"},
      {&Parts::fleet, R"("fleet": {"shards": ["redis"]}, "games": 4)",
       "\"redis\" means something else"},
      {&Parts::fleet, R"("fleet": {"shards": 2}, "games": ["g", "g"])", "\"g\" is listed twice"},
      {&Parts::fleet, R"("fleet": {"shards": 2, "old_wire_shards": 3}, "games": 4)",
       "/fleet/old_wire_shards: more than there are shards"},
      {&Parts::fleet, R"("fleet": {"shards": 2, "old_wire_shards": ["shard-3"]}, "games": 4)",
       "unknown shard \"shard-3\"; did you mean \"shard-1\"?"},
      {&Parts::more,
       R"("orders": [{"at": "9s", "order": "mvoe", "game": "g", "shard": "shard-1"}])",
       "/orders/0/order: unknown order \"mvoe\"; did you mean \"move\"?"},
      {&Parts::fleet, R"("fleet": {"shards": 1, "services": ["kalshi_moniter"]}, "games": 4)",
       "did you mean \"kalshi_monitor\"?"},
      {&Parts::fleet,
       R"("fleet": {"shards": 1, "services": ["kalshi_monitor", "kalshi_monitor"]}, "games": 4)",
       "\"kalshi_monitor\" is named twice"},
      {&Parts::fleet,
       R"("fleet": {"shards": ["kalshi_monitor"], "services": ["kalshi_monitor"]}, "games": 4)",
       "\"kalshi_monitor\" is the name of"},
      {&Parts::fleet,
       R"("fleet": {"shards": 2}, "games": [{"id": "g", "from": "5s", "until": "5s"}])",
       "/games/0/until: the game would end before it is live"},
      {&Parts::fleet,
       R"("fleet": {"shards": 2}, "games": [{"id": "g", "until": "5s", "again": "5s"}])",
       "/games/0/again: a game can only go on after it has ended"},
      {&Parts::more, R"("settings": {"SHARD_TIMEOUT_SEC": 60})",
       "/settings/SHARD_TIMEOUT_SEC: \"SHARD_TIMEOUT_SEC\" is not a setting; did you mean "
       "\"SHARD_TIMEOUT_SECS\"?"},
      {&Parts::more, R"("settings": {"SHARD_TIMEOUT_SECS": "60s"})",
       "/settings/SHARD_TIMEOUT_SECS: SHARD_TIMEOUT_SECS is \"60s\""},
      {&Parts::more, R"("settings": {"SHARD_TIMEOUT_SECS": 40})",
       "must be at most SHARD_TIMEOUT_SECS = 40 s"},
      {&Parts::more, R"("settings": {"REDIS_URL": "redis://x"})",
       "the simulator itself sets REDIS_URL"},
      {&Parts::more, R"("shard_settings": {"shard-9": {}})",
       "/shard_settings/shard-9: unknown shard"},
      {&Parts::more, R"("settings": [])", "/settings: a list is not what is expected here"},
      {&Parts::more, R"("network": {"latency": {"between": ["2ms", "1ms"]}})",
       "the shorter span comes first"},
      {&Parts::faults, R"({"fault": "crash", "target": "shard-1"})",
       "/faults/0: the key \"at\" is missing"},
      {&Parts::faults, R"({"fault": "crash", "target": "shard-1", "at": "60s"})",
       "at or after the end"},
      {&Parts::faults, R"({"fault": "crash", "target": "shard-1", "at": "$x"})",
       "the file has no parameters"},
      {&Parts::faults,
       R"({"fault": "crash", "target": "shard-1", "at": {"between": ["3s", "2s"]}})",
       "/faults/0/at/between/1: 2s is shorter than 3s"},
      {&Parts::faults, R"({"fault": "crash", "target": "shard-1", "at": {"betwen": ["3s", "2s"]}})",
       "/faults/0/at/betwen: unknown key \"betwen\"; did you mean \"between\"?"},
      {&Parts::faults, R"({"fault": "crash", "target": ["shard-1", "shards"], "at": "1s"})",
       "named twice"},
      {&Parts::faults,
       R"({"fault": "redis_down", "at": "1s"}, {"fault": "redis_down", "at": "9s"})",
       "another fault called \"redis_down\""},
      {&Parts::faults, R"({"fault": "redis_down", "target": "redis", "at": "1s"})",
       "unknown key \"target\""},
      {&Parts::faults, R"({"fault": "partition", "from": "shards", "to": "shard-1", "at": "1s"})",
       "\"shard-1\" is on both sides"},
      {&Parts::faults,
       R"({"fault": "redis_flapping", "at": "1s", "up": "0s", "down": "1s", "for": "9s"})",
       "Redis cannot be up for no time"},
      {&Parts::faults,
       R"({"fault": "restart", "target": "orchestrator", "at": "1s", "for": "1s", "wire": "old"})",
       "\"orchestrator\" is no shard, and comes back as it was"},
      {&Parts::faults,
       R"({"fault": "slow", "target": "redis", "at": "1s", "step": {"between": ["1s", "2s"]}})",
       "\"redis\" is neither a shard nor the orchestrator"},
      {&Parts::faults,
       R"({"fault": "hostile_messages", "message": "rude", "at": "1s", "every": {"between": ["1s", "2s"]}})",
       "unknown message \"rude\""},
      {&Parts::faults,
       R"({"fault": "hostile_messages", "as": "shard-9", "at": "1s", "every": {"between": ["1s", "2s"]}})",
       "\"shard-9\" is no shard"},
      {&Parts::faults, R"({"fault": "second_process", "target": "redis", "at": "1s"})",
       "\"redis\" is neither a shard nor the orchestrator"},
      {&Parts::faults,
       R"({"fault": "wall_jump", "target": "redis", "at": "1s", "by": "1s", "way": "back"})",
       "\"redis\" is neither a shard nor the orchestrator"},
      {&Parts::expect, R"({"event": "shard_dead"})",
       "unknown event \"shard_dead\"; did you mean \"shard_d"},
      {&Parts::expect, R"({"never": "shard_died", "where": {"shrd": "a"}})",
       "/policies/hardened/expect/0/where/shrd: unknown field of shard_died \"shrd\"; did you mean "
       "\"shard\"?"},
      {&Parts::expect, R"({"event": "shard_died", "where": {"silent": "60s"}})",
       "is a duration; expected {"},
      {&Parts::expect, R"({"event": "shard_died", "where": {"shard": 1}})",
       "1 can never be its value"},
      {&Parts::expect, R"({"event": "shard_died", "where": {"shard": {"at_least": 1}}})",
       "is no count"},
      {&Parts::expect, R"({"event": "shard_died", "node": "shard-7"})", "unknown node \"shard-7\""},
      {&Parts::expect, R"({"event": "shard_died", "after": {"fault": "crahs"}})",
       "unknown fault \"crahs\"; did you mean \"crash\"?"},
      {&Parts::expect, R"({"event": "shard_died", "count": 1, "at_most": 2})", "leaves nothing"},
      {&Parts::expect, R"({"event": "shard_died", "at_least": 3, "at_most": 2})",
       "below \"at_least\""},
      {&Parts::expect, R"({"event": "shard_died", "within": ["3s", "2s"]})",
       "the window ends before"},
      {&Parts::expect, R"({"event": "game_added", "each": {"field": "game", "of": "games"}})",
       "\"each\" needs \"after\" with an event"},
      {&Parts::expect, R"({"metric": "dark_seconds", "at_most": 1})",
       "unknown metric \"dark_seconds\""},
      {&Parts::expect, R"({"metric": "dark_game_seconds"})", "needs \"at_least\" or \"at_most\""},
      {&Parts::expect, R"({"metric": "signals_lost", "at_most": 1.5})",
       "1.5 is no value of signals_lost"},
      {&Parts::expect, R"({"expects": "shard_died"})",
       "needs one of the keys event, never, metric"},
      {&Parts::expect, "7", "/policies/hardened/expect/0: 7 is not"},
  };
  for (const Case& one : cases) {
    Parts parts;
    parts.*one.part = one.text;
    EXPECT_NE(problem_of(parts).find(one.problem), std::string::npos)
        << one.text << "\nsaid: " << problem_of(parts) << "\nnot:  " << one.problem;
  }
}

TEST(Scenario, AnUnknownInvariantOrAMissingPolicyFileIsNamed) {
  const auto with_policy = [](const std::string& policy) {
    return R"({"name": "x", "title": "t", "source": "s", "duration": "60s", "fleet": {"shards": 1},
      "games": 0, "faults": [], "policies": {)" +
           policy + "}}";
  };
  EXPECT_NE(problem_of(with_policy(R"("hardened": {"violates": ["I99"], "expect": []})"))
                .find("/policies/hardened/violates/0: unknown invariant \"I99\""),
            std::string::npos);
  EXPECT_NE(problem_of(with_policy("")).find("needs at least one policy"), std::string::npos);
  const auto missing =
      read_scenario(with_policy(R"("as-analysed": {"expect": []})"), PolicyFiles{});
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().text.find("policies/as-analysed.json"), std::string::npos);
}

TEST(Document, WhatIsNotJsonHasALineAndAColumn) {
  EXPECT_TRUE(problem_of("hello").starts_with("x.json:1:1: not JSON: ")) << problem_of("hello");
  EXPECT_TRUE(problem_of("{\n  \"name\": \"x\",\n  \"title\" \"t\"\n}").starts_with("x.json:3:"))
      << problem_of("{\n  \"name\": \"x\",\n  \"title\" \"t\"\n}");
  EXPECT_TRUE(problem_of("").starts_with("x.json:1:1: not JSON: ")) << problem_of("");
  EXPECT_TRUE(problem_of("{} {}").starts_with("x.json:1:4: not JSON: ")) << problem_of("{} {}");
  EXPECT_TRUE(problem_of("{\"a\": 1e999}").starts_with("x.json:1:"))
      << problem_of("{\"a\": 1e999}");
}

TEST(Document, BinaryAndBadUtf8AreRefusedAtTheirFirstByte) {
  EXPECT_EQ(problem_of(std::string("{\n\0}", 4)),
            "x.json:2:1: this byte is not part of a text in UTF-8; expected a JSON file");
  EXPECT_EQ(problem_of("{\"a\": \"\xff\"}"),
            "x.json:1:8: this byte is not part of a text in UTF-8; expected a JSON file");
  EXPECT_EQ(problem_of("\x7f"
                       "ELF\x02\x01\x01" +
                       std::string(64, '\0'))
                .find('\n'),
            std::string::npos);
}

TEST(Document, TwoHundredThousandBracketsAreRefusedAtTheThirtyThird) {
  EXPECT_EQ(problem_of(std::string(200'000, '[')),
            "x.json:1:33: brackets nested deeper than 32; no scenario needs more than ten");
}

TEST(Document, AHugeFileIsRefusedByItsLength) {
  EXPECT_EQ(problem_of(std::string(longest_document + 1, ' ')),
            "x.json:1:1: the file has 1048577 bytes; a scenario has at most 1048576");
}

TEST(Document, AMessageShowsNothingATerminalWouldFollow) {
  const std::string problem = problem_of("{\"\\u001b[31mred\\n\": 1}");
  EXPECT_EQ(problem.find('\x1b'), std::string::npos);
  EXPECT_EQ(problem.find('\n'), std::string::npos);
  EXPECT_NE(problem.find("unknown key"), std::string::npos) << problem;
}

TEST(Document, EveryPrefixOfAGoodFileIsRefusedWithOneLine) {
  const std::string text = Parts{}.text();
  for (std::size_t length = 0; length < text.size(); ++length) {
    const std::string problem = problem_of(text.substr(0, length));
    ASSERT_FALSE(problem.empty()) << length;
    ASSERT_EQ(problem.find('\n'), std::string::npos) << problem;
  }
}

TEST(EventCatalogue, HoldsEveryEventOfTheHeaders) {
  const std::regex declared("static constexpr std::string_view name = \"([a-z_]+)\";");
  std::size_t found = 0;
  for (const fs::path& folder : {source_folder / "core", source_folder / "sim"}) {
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.path().filename() != "events.h") {
        continue;
      }
      std::ifstream in(entry.path());
      std::stringstream text;
      text << in.rdbuf();
      const std::string all = text.str();
      for (std::sregex_iterator at(all.begin(), all.end(), declared), end; at != end; ++at) {
        EXPECT_NE(find_event((*at)[1].str()), nullptr) << (*at)[1] << " of " << entry.path();
        ++found;
      }
    }
  }
  EXPECT_EQ(found, event_catalogue().size());
}

TEST(Scenarios, EachCommittedFileIsGood) {
  const ScenarioLibrary library(source_folder / "scenarios");
  EXPECT_GE(library.files().size(), 3U);
  for (const fs::path& file : library.files()) {
    const auto loaded = library.load(file.string());
    EXPECT_TRUE(loaded.has_value()) << loaded.error();
  }
}

TEST(Scenarios, TheCommittedSchemaIsTheOneOfTheTables) {
  std::ifstream in(source_folder / "scenarios" / "schema.json");
  std::stringstream text;
  text << in.rdbuf();
  EXPECT_EQ(text.str(), scenario_schema())
      << "make it again: arbees-chaos list schema > scenarios/schema.json";
}

TEST(ScenarioLibrary, FindsByTheBeginningOfANameThatNoOtherShares) {
  const ScenarioLibrary library(source_folder / "scenarios");
  const auto one = library.load("01a");
  ASSERT_TRUE(one) << one.error();
  EXPECT_EQ(one->scenario.name, "01a-crash-back-in-time");
  const auto several = library.load("01");
  ASSERT_FALSE(several);
  EXPECT_TRUE(several.error().starts_with("several scenarios begin with \"01\": 01a-"));
  const auto none = library.load("01a-crash-back-in-tim3");
  ASSERT_FALSE(none);
  EXPECT_EQ(
      none.error(),
      "unknown scenario \"01a-crash-back-in-tim3\"; did you mean \"01a-crash-back-in-time\"?");
}

TEST(ScenarioLibrary, AMissingFileIsOneClearMessage) {
  const ScenarioLibrary library(source_folder / "scenarios");
  EXPECT_EQ(library.load("/nowhere/x.json").error(),
            "/nowhere/x.json cannot be read; does it exist, and may you read it?");
  EXPECT_EQ(library.load("/").error(), "/ is a folder; expected a scenario file");
}

}  // namespace
}  // namespace arbees::sim
