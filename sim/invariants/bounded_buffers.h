#pragma once

#include <string_view>

#include "core/redis/events.h"
#include "sim/invariants/fleet_state.h"
#include "sim/invariants/invariant.h"
#include "sim/net/events.h"
#include "sim/world/events.h"

namespace arbees::sim {

/// I11. What waits has a bound, and what is dropped because of it, or because it got too old, is counted and
/// named:
///
/// - PublicationsDropped says how many, why and where to, and no more than the outbox's bounds wait with it;
/// - SendQueueGrew: no program queues more on a connection than 1 MiB and a message, no Redis more than the
///   32 MiB of a subscriber and a frame;
/// - SubscriberCut: a subscriber is cut for what waited, not without it;
/// - MessageRefused: a message that could have been kept is not thrown away.
///
/// Counter-example: a link is down for an hour, and every alert of it waits for the link.
///
/// Exercised by: each of these events.
class BoundedBuffers final : public Invariant {
 public:
  static constexpr std::string_view name = "I11";
  static constexpr std::string_view says =
      "buffers stay within their bounds, and what is dropped is counted and named";

  BoundedBuffers(const Limits& limits, const FleetState& fleet);

 private:
  void on_dropped(const arbees::redis::PublicationsDropped& event, const SimEnvelope& at);
  void on_grew(const SendQueueGrew& event, const SimEnvelope& at);
  void on_cut(const SubscriberCut& event, const SimEnvelope& at);
  void on_refused(const arbees::redis::MessageRefused& event, const SimEnvelope& at);

  [[nodiscard]] bool is_redis(std::string_view node) const;

  const Limits& limits_;
  const FleetState& fleet_;
};

}  // namespace arbees::sim
