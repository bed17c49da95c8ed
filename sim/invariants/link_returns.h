#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>

#include "core/redis/events.h"
#include "core/shard/events.h"
#include "sim/invariants/fleet_state.h"
#include "sim/invariants/invariant.h"

namespace arbees::sim {

/// I15. A link (node, role) is ready from LinkReady to LinkLost or the end of the process. While the node
/// and every Redis answer and no fault is on the way between them, a link that is not ready becomes so
/// within 5 s of the later of two moments: when that state began, and when the link was lost. The first
/// connection of a process counts as well: its links exist from its start.
///
/// Only what a node knows is judged: a connection that died in silence is lost when the node notices, and
/// how soon it must notice is for I2 and I8. A server that refuses by configuration (LinkMisconfigured)
/// is asked again after `refused_wait`, which is added.
///
/// Counter-example: attempts end after ten, or the wait between them doubles without a cap: a long outage
/// ends, and the fleet stays blind.
///
/// Exercised by: each link that became ready again, or did not in time.
class LinkReturns final : public Invariant {
 public:
  static constexpr std::string_view name = "I15";
  static constexpr std::string_view says =
      "a link is ready within 5 s after the other side answers again, for any length and phase of "
      "outage";

  LinkReturns(const Limits& limits, const FleetState& fleet);

 private:
  struct Link {
    bool known = false;
    bool ready = false;
    bool reported = false;  ///< until it is ready
    bool refused = false;   ///< by configuration, since it was last ready
    SimTime lost{};
    EventId event;  ///< of the loss, or of the start
  };
  using Links = std::array<Link, 2>;  ///< by role

  void on_ready(const arbees::redis::LinkReady& event, const SimEnvelope& at);
  void on_lost(const arbees::redis::LinkLost& event, const SimEnvelope& at);
  void on_misconfigured(const arbees::redis::LinkMisconfigured& event, const SimEnvelope& at);
  void on_started(const NodeStarted& event, const SimEnvelope& at);
  /// A shard of the existing system says nothing of its links.
  void on_shard_started(const ShardStarted& event, const SimEnvelope& at);
  void on_fleet_event(const SimEnvelope& at);
  void expired(SimTime moment) override;

  Link& link(std::string_view node, arbees::redis::LinkRole role);
  /// When the link must be ready; `never` while something is in its way.
  [[nodiscard]] SimTime due_of(const std::string& node, const Link& link) const;
  void wake_for(const std::string& node, const Links& links);

  const Limits& limits_;
  const FleetState& fleet_;
  std::map<std::string, Links, std::less<>> nodes_;
};

}  // namespace arbees::sim
