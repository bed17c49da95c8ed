#include "sim/invariants/registry.h"

#include <algorithm>
#include <array>
#include <utility>

#include "sim/invariants/alerted.h"
#include "sim/invariants/asked_again.h"
#include "sim/invariants/asked_not_silenced.h"
#include "sim/invariants/beats_repeated.h"
#include "sim/invariants/bounded_buffers.h"
#include "sim/invariants/breaker_edges.h"
#include "sim/invariants/capacity.h"
#include "sim/invariants/command_answered.h"
#include "sim/invariants/deaf_shards.h"
#include "sim/invariants/deaths_in_time.h"
#include "sim/invariants/done_as_told.h"
#include "sim/invariants/drains_told.h"
#include "sim/invariants/durable.h"
#include "sim/invariants/ends_are_said.h"
#include "sim/invariants/holders_let_go.h"
#include "sim/invariants/late_orders.h"
#include "sim/invariants/link_returns.h"
#include "sim/invariants/move_budget.h"
#include "sim/invariants/no_owner_removed.h"
#include "sim/invariants/one_emitter.h"
#include "sim/invariants/one_unfenced.h"
#include "sim/invariants/placed_at_once.h"
#include "sim/invariants/replaced_ends.h"
#include "sim/invariants/resync_wait.h"
#include "sim/invariants/resynced.h"
#include "sim/invariants/room_is_given.h"
#include "sim/invariants/served_again.h"
#include "sim/invariants/signals_arrive.h"
#include "sim/invariants/status_edges.h"
#include "sim/invariants/true_findings.h"
#include "sim/invariants/wall_clocks.h"

namespace arbees::sim {
namespace {

template <class Checker>
constexpr InvariantRow row() {
  return {.id = Checker::name,
          .sentence = Checker::says,
          .make = [](const Limits& limits, const FleetState& fleet) -> std::unique_ptr<Invariant> {
            return std::make_unique<Checker>(limits, fleet);
          }};
}

constexpr std::array<InvariantRow, 32> table{{
    row<OneEmitter>(),
    row<ServedAgain>(),
    row<NoOwnerRemoved>(),
    row<Capacity>(),
    row<MoveBudget>(),
    row<BreakerEdges>(),
    row<Alerted>(),
    row<Resynced>(),
    row<CommandAnswered>(),
    {.id = "I10", .sentence = "same scenario and seed, same digest", .make = nullptr},
    row<BoundedBuffers>(),
    row<WallClocks>(),
    row<SignalsArrive>(),
    row<Durable>(),
    row<LinkReturns>(),
    row<StatusEdges>(),
    row<TrueFindings>(),
    row<DoneAsTold>(),
    row<BeatsRepeated>(),
    row<AskedAgain>(),
    row<PlacedAtOnce>(),
    row<ReplacedEnds>(),
    row<LateOrders>(),
    row<ResyncWait>(),
    row<DeafShards>(),
    row<DrainsTold>(),
    row<RoomIsGiven>(),
    row<HoldersLetGo>(),
    row<OneUnfenced>(),
    row<EndsAreSaid>(),
    row<DeathsInTime>(),
    row<AskedNotSilenced>(),
}};

}  // namespace

std::span<const InvariantRow> invariant_rows() { return table; }

InvariantSet::InvariantSet(Limits limits) : limits_(std::move(limits)), fleet_(limits_) {
  dispatcher_.add(fleet_);  // first, so that the checkers are asked when it knows
  for (const InvariantRow& row : table) {
    if (row.make != nullptr) {
      invariants_.push_back(row.make(limits_, fleet_));
      dispatcher_.add(*invariants_.back());
    }
  }
}

std::vector<Violation> InvariantSet::violations() const {
  std::vector<Violation> all;
  for (const auto& invariant : invariants_) {
    for (const Violation& violation : invariant->violations()) {
      all.insert(std::ranges::upper_bound(all, violation.at, {}, &Violation::at), violation);
    }
  }
  return all;
}

}  // namespace arbees::sim
