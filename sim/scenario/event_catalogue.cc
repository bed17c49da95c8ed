#include "sim/scenario/event_catalogue.h"

#include <algorithm>

#include "core/alerts/events.h"
#include "core/assignment/events.h"
#include "core/health/events.h"
#include "core/monitors/events.h"
#include "core/orchestrator/events.h"
#include "core/redis/events.h"
#include "core/shard/events.h"
#include "core/wire/events.h"
#include "sim/disk/events.h"
#include "sim/net/events.h"
#include "sim/node/events.h"
#include "sim/world/events.h"

namespace arbees::sim {
namespace {

/// Learns the fields of an event type from an event without values.
class FieldCollector final : public FieldVisitor {
 public:
  explicit FieldCollector(std::vector<CatalogueField>& fields) : fields_(fields) {}

  void text(std::string_view field, std::string_view) override { add(field, Kind::text); }
  void count(std::string_view field, std::uint64_t) override { add(field, Kind::count); }
  void flag(std::string_view field, bool) override { add(field, Kind::flag); }
  void duration(std::string_view field, Duration) override { add(field, Kind::duration); }
  void moment(std::string_view field, MonoTime) override { add(field, Kind::moment); }
  void texts(std::string_view field, std::span<const std::string_view>) override {
    add(field, Kind::texts);
  }

 private:
  using Kind = CatalogueField::Kind;
  void add(std::string_view field, Kind kind) { fields_.push_back({std::string(field), kind}); }

  std::vector<CatalogueField>& fields_;
};

template <EventStruct... Events>
std::vector<CatalogueEvent> catalogue_of() {
  std::vector<CatalogueEvent> all;
  const auto add = [&]<class E>() {
    CatalogueEvent entry{&event_type<E>, {}};
    FieldCollector collector(entry.fields);
    const E without_values{};
    without_values.visit(collector);
    all.push_back(std::move(entry));
  };
  (add.template operator()<Events>(), ...);
  std::ranges::sort(all, {}, [](const CatalogueEvent& entry) { return entry.type->name; });
  return all;
}

}  // namespace

std::string_view to_string(CatalogueField::Kind kind) {
  switch (kind) {
    case CatalogueField::Kind::text: return "text";
    case CatalogueField::Kind::count: return "count";
    case CatalogueField::Kind::flag: return "flag";
    case CatalogueField::Kind::duration: return "duration";
    case CatalogueField::Kind::moment: return "moment";
    case CatalogueField::Kind::texts: return "list of texts";
  }
  return "unknown";
}

const CatalogueField* CatalogueEvent::field(std::string_view name) const {
  const auto found = std::ranges::find(fields, name, &CatalogueField::name);
  return found == fields.end() ? nullptr : &*found;
}

const std::vector<CatalogueEvent>& event_catalogue() {
  static const std::vector<CatalogueEvent> events = catalogue_of<
      AlertPending, AlertPassed, AlertRaised, AlertUpdated, AlertAcknowledged, AlertResolved,
      AlertRestored, AlertInhibited, AlertNotified, AlertHeldBack, AlertingAlive,
      OrchestratorStarted, StateNotDurable, TermTaken, StoreFailed, StoreRolledBack, SteppedDown,
      ModeEntered, ModeLeft, CanarySent, CanaryHeard, OtherOrchestratorHeard, StallNoticed,
      WallClockJumped, HeartbeatHeard, HeartbeatIgnored, ShardJoined, ShardRestarted, StatusChanged,
      ShardDied, ShardRecovered, ShardRetired, ShardLeft, DuplicateShardHeard, ShardDeaf,
      ResyncScheduled, ResyncCompleted, GameDiscovered, GameEnded, GameAssigned, GameAcknowledged,
      GameReleased, OwnershipTold, OwnershipRepeated, GameUnplaced, HandoffPrepared, HandoffReady,
      HandoffAbandoned, OperatorAsked, OperatorRefused, ShardMarked, ShardDrained, ZombieFound,
      CommandSent, CommandEnded, GrantSent, RollCallSent, BreakerOpened, BreakerHalfOpened,
      BreakerClosed, ShardFlapping, ShardFlappingEnded, ShardUnstable, ShardUnstableEnded,
      ShardWantsToLeave, SharedFaultBegan, SharedFaultEnded, ServiceJoined, ServiceRestarted,
      ServiceStatusChanged, MarketAssigned, MonitorResyncScheduled, MonitorResyncCompleted,
      StartupStateAnswered, arbees::redis::LinkReady, arbees::redis::LinkLost,
      arbees::redis::LinkAttemptFailed, arbees::redis::LinkMisconfigured,
      arbees::redis::LinkGivenUp, arbees::redis::MasterResolved, arbees::redis::MasterSwitched,
      arbees::redis::SentinelUnusable, arbees::redis::PublicationsDropped,
      arbees::redis::MessageRefused, ShardStarted, DependencyFailed, DependencyRecovered,
      HeartbeatSent, GrantReceived, CommandIgnored, GameAdded, GameRemoved, GameRefused, GameFenced,
      GameUnfenced, SignalEmitted, ShardSuperseded, ShardStopping, wire::MessageRejected,
      NodeStarted, NodeExited, NodeCrashed, NodeFrozen, NodeThawed, FaultStarted, FaultHealed,
      RedisPromoted, RedisFollows, RedisSynced, SentinelSaid, StoreFaultFelt, UnsyncedWritesLost,
      StoreWriteBegun, StoreWriteAcknowledged, StoreLoaded, RedisFaultFelt, ServiceRefused,
      SubscriberCut, NetworkFaultFelt, SendQueueGrew, ClockFaultFelt, HostileMessageHeard,
      SignalAccepted, SignalRefused>();
  return events;
}

const CatalogueEvent* find_event(std::string_view name) {
  const auto found = std::ranges::find(
      event_catalogue(), name, [](const CatalogueEvent& entry) { return entry.type->name; });
  return found == event_catalogue().end() ? nullptr : &*found;
}

}  // namespace arbees::sim
