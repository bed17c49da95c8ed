#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/live_game.h"

namespace arbees::wire {

class JsonWriter;

/// A market place whose prices a monitor of the existing system follows.
enum class Platform : std::uint8_t { kalshi, polymarket };

inline constexpr std::array<Platform, 2> platforms{Platform::kalshi, Platform::polymarket};

[[nodiscard]] std::string_view to_string(Platform platform);

/// The game's market there; empty: none known.
[[nodiscard]] const std::string& market_of(const LiveGame& game, Platform platform);

/// For `orchestrator:market_assignments` (docs/wire.md, "Price monitors"): the platform's monitors
/// follow the game's market from now on. To be told twice changes nothing, and there is no way to
/// take it back. The game must have a market there.
[[nodiscard]] std::string market_assignment(const LiveGame& game, Platform platform);

/// Adds the member `market_ids_by_type`: the platforms the game has a market on.
void write_market_ids_by_type(JsonWriter& json, const LiveGame& game);

}  // namespace arbees::wire
