#include "core/wire/market_assignment.h"

#include "core/base/assert.h"
#include "core/wire/json_writer.h"
#include "core/wire/letter_case.h"

namespace arbees::wire {
namespace {

/// The one kind of market there is of a game: who wins.
constexpr std::string_view moneyline = "moneyline";

struct Words {
  std::string_view name;
  std::string_view type;
  std::string_view market_key;
};

const Words& words_of(Platform platform) {
  static constexpr Words kalshi{"kalshi", "kalshi_assign", "ticker"};
  static constexpr Words polymarket{"polymarket", "polymarket_assign", "condition_id"};
  return platform == Platform::kalshi ? kalshi : polymarket;
}

}  // namespace

std::string_view to_string(Platform platform) { return words_of(platform).name; }

const std::string& market_of(const LiveGame& game, Platform platform) {
  return platform == Platform::kalshi ? game.kalshi_market_id : game.polymarket_market_id;
}

std::string market_assignment(const LiveGame& game, Platform platform) {
  const Words& words = words_of(platform);
  const std::string& market = market_of(game, platform);
  ensure(!market.empty(), "only a game with a market there is assigned");
  JsonWriter json;
  json.member("type", words.type).member("game_id", game.id);
  json.member("sport", lower_case(game.sport)).begin_array("markets");
  json.begin_element()
      .member("market_type", moneyline)
      .member(words.market_key, market)
      .end_object();
  return json.end_array().finish();
}

void write_market_ids_by_type(JsonWriter& json, const LiveGame& game) {
  json.begin_object("market_ids_by_type");
  if (!game.kalshi_market_id.empty() || !game.polymarket_market_id.empty()) {
    json.begin_object(moneyline);
    for (const Platform platform : {Platform::polymarket, Platform::kalshi}) {
      if (const std::string& market = market_of(game, platform); !market.empty()) {
        json.member(to_string(platform), market);
      }
    }
    json.end_object();
  }
  json.end_object();
}

}  // namespace arbees::wire
