#pragma once

#include <string>

#include "core/base/ids.h"

namespace arbees {

/// A game that is live now, as whoever knows about games reports it.
struct LiveGame {
  GameId id;
  std::string sport;                 ///< lower case: nfl, nba, …
  std::string kalshi_market_id;      ///< empty: none known
  std::string polymarket_market_id;  ///< empty: none known

  friend bool operator==(const LiveGame&, const LiveGame&) = default;
};

}  // namespace arbees
