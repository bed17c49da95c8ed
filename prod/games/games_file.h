#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "core/orchestrator/game_source.h"

namespace arbees::prod {

/// Reads the list of live games, JSON with comments:
///
///   [{"id": "401810523", "sport": "nba", "kalshi_market_id": "KX…", "polymarket_market_id": "12…"}, …]
///
/// `id` and `sport` are needed, the markets are not. The error names the place and what is expected there:
/// an unknown or repeated key and a repeated game are errors, because a list that is half understood would
/// end games that are live.
[[nodiscard]] std::expected<std::vector<LiveGame>, std::string> parse_games(std::string_view text);

}  // namespace arbees::prod
