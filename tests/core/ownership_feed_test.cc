#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/wire/channels.h"
#include "core/wire/ownership_news.h"
#include "tests/support/fleet_bench.h"

// What consumers of signals are told of who may emit (docs/wire.md, Ownership).

namespace arbees {
namespace {

using nlohmann::json;

class OwnershipFeedTest : public ::testing::Test {
 protected:
  static LiveGame game(const char* id) { return {GameId(id), "nba", "", ""}; }

  std::vector<json> told() { return bench_.heard(std::string(wire::ownership_channel)); }

  /// A shard that does not reach ESPN.
  void without_espn(const std::string& id, const std::string& games) {
    bench_.beats(
        id, "shard:" + id + ":heartbeat",
        R"({"shard_id":")" + id + R"(","shard_type":"sports","max_games":20,"games":)" + games +
            R"(,"process_id":"p-)" + id + R"(","started_at":"t-)" + id +
            R"(","status":"degraded","checks":{"redis_ok":true,"espn_api_ok":false,"zmq_ok":true}})");
  }

  testing::FleetBench bench_;
};

TEST(OwnershipNews, NamesEachGamesEpochAndItsOwnerIfItHasOne) {
  const wire::OwnershipNews news{
      {Term(3), InstanceId("orch-1")},
      {{GameId("g1"), ShardId("a"), Epoch(7)}, {GameId("g2"), ShardId{}, Epoch(9)}},
      EventId(5)};
  EXPECT_EQ(wire::encode(news), R"({"type":"ownership","term":3,"instance":"orch-1",)"
                                R"("epochs":{"g1":7,"g2":9},"owners":{"g1":"a"},"cause":5})");
}

TEST_F(OwnershipFeedTest, SaysWhoOwnsAGameWhenItIsAssigned) {
  bench_.game_shard("a");
  bench_.run(seconds{70});
  EXPECT_TRUE(told().empty()) << "nobody owns anything";
  bench_.live({game("g1")});
  const std::vector<json> news = told();
  ASSERT_EQ(news.size(), 1U);
  EXPECT_EQ(news[0]["type"], "ownership");
  EXPECT_EQ(news[0]["term"], 1);
  EXPECT_EQ(news[0]["owners"], json({{"g1", "a"}}));
  EXPECT_EQ(news[0]["epochs"]["g1"], bench_.world.events.last("game_assigned").count("epoch"));
}

TEST_F(OwnershipFeedTest, SaysEverythingAgainForThoseWhoMissedIt) {
  bench_.game_shard("a");
  bench_.run(seconds{70});
  bench_.live({game("g1"), game("g2")});
  bench_.game_shard("a", R"(["g1","g2"])");
  static_cast<void>(told());
  bench_.run(seconds{60});
  const std::vector<json> again = told();
  ASSERT_EQ(again.size(), 2U);
  for (const json& news : again) {
    EXPECT_EQ(news["owners"], json({{"g1", "a"}, {"g2", "a"}}));
  }
}

TEST_F(OwnershipFeedTest, SaysThatAnEndedGameIsNobodys) {
  bench_.game_shard("a");
  bench_.run(seconds{70});
  bench_.live({game("g1")});
  const std::vector<json> first = told();
  ASSERT_EQ(first.size(), 1U);
  bench_.live({});
  const std::vector<json> last = told();
  ASSERT_EQ(last.size(), 1U);
  EXPECT_EQ(last[0]["epochs"], first[0]["epochs"]);
  EXPECT_TRUE(last[0]["owners"].empty());
  bench_.run(seconds{60});
  EXPECT_TRUE(told().empty());
}

// The owner before emits by right until it has let go: consumers that knew of the next one would refuse it.
TEST_F(OwnershipFeedTest, NamesASuccessorOnlyWhenNobodyElseMayEmit) {
  bench_.live({game("g1")});
  bench_.game_shard("a", R"(["g1"])");
  bench_.run(seconds{70});
  bench_.game_shard("b");
  bench_.game_shard("c");
  bench_.run(seconds{10});
  without_espn("a", R"(["g1"])");
  bench_.run(seconds{80});
  const std::uint64_t epoch = bench_.world.events.last("handoff_prepared").count("epoch");
  const std::string successor = bench_.world.events.last("handoff_prepared").field("to");
  static_cast<void>(told());
  bench_.game_shard(successor, R"(["g1"],"game_epochs":{"g1":)" + std::to_string(epoch) + "}");
  bench_.pass(seconds{1});
  ASSERT_EQ(bench_.world.events.last("game_assigned").field("shard"), successor);
  EXPECT_TRUE(told().empty()) << "a has not let go yet";
  without_espn("a", "[]");
  const std::vector<json> news = told();
  ASSERT_EQ(news.size(), 1U);
  EXPECT_EQ(news[0]["owners"], json({{"g1", successor}}));
  EXPECT_EQ(news[0]["epochs"], json({{"g1", epoch}}));
}

}  // namespace
}  // namespace arbees
