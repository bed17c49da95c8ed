#include "prod/games/games_file.h"

#include <string>

#include <gtest/gtest.h>

namespace arbees::prod {
namespace {

std::string problem_of(std::string_view text) {
  const auto games = parse_games(text);
  return games ? "read" : games.error();
}

TEST(GamesFile, ListsGamesWithTheirMarkets) {
  const auto games = parse_games(R"([
    // tonight
    {"id": "401810523", "sport": "NBA", "kalshi_market_id": "KX-1", "polymarket_market_id": null},
    {"id": "401705311", "sport": "nfl"}
  ])");
  ASSERT_TRUE(games.has_value()) << games.error();
  ASSERT_EQ(games->size(), 2U);
  EXPECT_EQ((*games)[0], (LiveGame{GameId("401810523"), "nba", "KX-1", ""}));
  EXPECT_EQ((*games)[1], (LiveGame{GameId("401705311"), "nfl", "", ""}));
}

TEST(GamesFile, MayBeEmptyAsAList) {
  EXPECT_EQ(problem_of("[]"), "read");
  EXPECT_NE(problem_of(""), "read") << "a file in the middle of being written ends no game";
}

TEST(GamesFile, NamesThePlaceOfWhatIsNoJson) {
  EXPECT_TRUE(problem_of("[\n  {\"id\": \"a\",\n   sport}\n]").starts_with("line 3, column "))
      << problem_of("[\n  {\"id\": \"a\",\n   sport}\n]");
  EXPECT_NE(problem_of(std::string("\0\xff\xfe binary", 10)).find("not JSON"), std::string::npos);
  EXPECT_NE(problem_of(std::string(200'000, '[')), "read");
}

TEST(GamesFile, RefusesWhatWouldBeHalfUnderstood) {
  EXPECT_NE(problem_of(R"({"games": []})").find("expected a list"), std::string::npos);
  EXPECT_NE(problem_of(R"(["a"])").find("game 1: expected a game"), std::string::npos);
  EXPECT_NE(problem_of(R"([{"id": "a", "sport": "nba"}, {"id": "b"}])")
                .find("game 2: a game needs \"id\" and \"sport\""),
            std::string::npos);
  EXPECT_NE(problem_of(R"([{"id": 7, "sport": "nba"}])").find("id is a text"), std::string::npos);
  EXPECT_NE(problem_of(R"([{"id": "a", "sports": "nba"}])").find("did you mean \"sport\""),
            std::string::npos);
  EXPECT_NE(problem_of(R"([{"id": "a", "sport": "nba", "id": "b"}])").find("\"id\" comes twice"),
            std::string::npos);
  EXPECT_NE(problem_of(R"([{"id": "a", "sport": "nba"}, {"id": "a", "sport": "nba"}])")
                .find("game 2: the id \"a\" is in the list already"),
            std::string::npos);
  EXPECT_NE(problem_of(R"([{"id": {"x": 1}, "sport": "nba"}])").find("nested"), std::string::npos);
}

}  // namespace
}  // namespace arbees::prod
