#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/ids.h"
#include "core/base/live_game.h"
#include "core/base/time.h"
#include "core/wire/market_assignment.h"

namespace arbees::wire {

/// Who may ask, after a start, what it missed (docs/wire.md, "Price monitors").
enum class Asker : std::uint8_t { kalshi, polymarket, game_shard };

inline constexpr std::array<Asker, 3> askers{Asker::kalshi, Asker::polymarket, Asker::game_shard};

[[nodiscard]] std::string_view to_string(Asker asker);
/// The platform whose markets the asker follows; none: it watches games.
[[nodiscard]] std::optional<Platform> platform_of(Asker asker);
/// Where the answer is awaited.
[[nodiscard]] std::string startup_response_channel(Asker asker);

/// Reads a request. The error names what is wrong, an unknown kind of monitor included. Of its time
/// nothing is wanted: the existing monitors send seconds of a clock of their own, with a fraction.
[[nodiscard]] std::expected<Asker, std::string> decode_startup_request(std::string_view message);

/// A game and the shard that has it.
struct AssignedGame {
  LiveGame game;
  ShardId shard;
  WallTime assigned_at;
  Epoch epoch = {};
};

struct StartupResponse {
  std::string message;
  std::uint64_t told = 0;
  std::uint64_t left_out = 0;  ///< did not fit into `message_bytes_max`
};

/// `games` in the order in which they are to be told; those without a market on the asker's platform
/// are passed over.
///
/// Monitors get what the existing system gives them for an event, with the game as the event. The team a
/// market stands for stays empty, so that the monitor takes it from the market's own name.
[[nodiscard]] StartupResponse startup_response(Asker asker, const std::vector<AssignedGame>& games);

}  // namespace arbees::wire
