#pragma once

#include <string>

#include "core/events/event.h"

namespace arbees {

/// The monitors of a platform were told to follow a game's market.
struct MarketAssigned {
  static constexpr std::string_view name = "market_assigned";
  static constexpr Severity severity = Severity::debug;
  GameId game;
  std::string platform;
  std::string market;
  bool again;  ///< they were told before

  void visit(FieldVisitor& v) const {
    v("game", game), v("platform", platform), v("market", market), v("again", again);
  }
};

/// A monitor has started, or is back: it will be told of every market again.
struct MonitorResyncScheduled {
  static constexpr std::string_view name = "monitor_resync_scheduled";
  static constexpr Severity severity = Severity::info;
  std::string service;
  std::string instance;
  Duration debounce;

  void visit(FieldVisitor& v) const {
    v("service", service), v("instance", instance), v("debounce", debounce);
  }
};

struct MonitorResyncCompleted {
  static constexpr std::string_view name = "monitor_resync_completed";
  static constexpr Severity severity = Severity::info;
  std::string service;
  std::string instance;
  std::uint64_t markets_resent;
  Duration took;

  void visit(FieldVisitor& v) const {
    v("service", service), v("instance", instance), v("markets_resent", markets_resent),
        v("took", took);
  }
};

/// Somebody who has just started asked what it missed, and was told.
struct StartupStateAnswered {
  static constexpr std::string_view name = "startup_state_answered";
  static constexpr Severity severity = Severity::info;
  std::string asker;
  std::uint64_t told;
  std::uint64_t left_out;  ///< did not fit into one message

  void visit(FieldVisitor& v) const { v("asker", asker), v("told", told), v("left_out", left_out); }
};

}  // namespace arbees
