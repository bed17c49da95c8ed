#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/assignment/ledger.h"
#include "core/orchestrator/settings.h"
#include "core/orchestrator/voice.h"
#include "core/wire/market_assignment.h"
#include "core/wire/notification.h"

namespace arbees {

/// Tells the monitors of each platform which markets to follow (docs/wire.md, "Price monitors").
///
/// Publishing forgets what nobody heard, and monitors acknowledge nothing. So they are told of a game when
/// it gets an owner or another market, and of all games again, at the pace of a resync,
///   - when a monitor has started or is back from a silence, and when our own links are back;
///   - once more a minute later: a monitor listens only after its start-up request was answered or given up
///     and it has subscribed to those markets, one after the other. What was said meanwhile is lost.
/// To be told twice changes nothing, and nobody can be told to stop.
class Monitors {
 public:
  Monitors(Ports& ports, const OrchestratorSettings& settings, Voice& voice, const Ledger& ledger)
      : ports_(ports), settings_(settings), voice_(voice), ledger_(ledger) {}

  /// The game has an owner. Says nothing new if only the owner is new.
  void on_assigned(const GameState& game);
  /// The live games may have other markets, or have ended.
  void on_live_games();
  void on_links_ready(EventId cause);
  /// A monitor has started, or is heard again. `cause` is the event that says so.
  void on_monitor_ready(wire::Platform platform, const wire::Subject& monitor, EventId cause);
  /// It is silent or has ended: whatever is said now is not for it.
  void on_monitor_gone(wire::Platform platform, const wire::Subject& monitor);

  /// Sends what is due. To be called only while it can leave.
  void advance(MonoTime now);
  [[nodiscard]] std::optional<MonoTime> deadline() const;

 private:
  /// All that is assigned, once more.
  struct Round {
    MonoTime due;
    EventId cause;
    std::vector<wire::Subject> monitors;  ///< who gets it for what it missed
    bool repeats = true;
    MonoTime started{};
    std::vector<GameId> left = {};  ///< still to be told, the next one last
    std::uint64_t told = 0;
  };

  /// What the monitors of one platform know and are to know.
  struct Line {
    wire::Platform platform;
    std::map<GameId, std::string> told;  ///< the market last said
    std::map<GameId, EventId> fresh;     ///< to be said first, and because of what
    std::optional<Round> waiting = {};
    std::optional<Round> running = {};
    MonoTime resumes{};
  };

  void note(Line& line, const GameState& game);
  Round& schedule(Line& line, MonoTime due, EventId cause);
  void start(Line& line, MonoTime now);
  void finish(Line& line, MonoTime now);
  /// False if there is nothing more to say.
  bool tell_next(Line& line);
  bool tell(Line& line, const GameId& game, EventId cause);
  [[nodiscard]] const LiveGame* assigned(const GameId& game, wire::Platform platform) const;
  [[nodiscard]] Line& line_of(wire::Platform platform);

  Ports& ports_;
  const OrchestratorSettings& settings_;
  Voice& voice_;
  const Ledger& ledger_;
  std::array<Line, 2> lines_{Line{wire::Platform::kalshi, {}, {}},
                             Line{wire::Platform::polymarket, {}, {}}};
};

}  // namespace arbees
