#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "sim/engine/recorder.h"
#include "sim/invariants/fleet_state.h"
#include "sim/invariants/invariant.h"
#include "sim/invariants/limits.h"

namespace arbees::sim {

/// A row of the table that `arbees-chaos list invariants` shows.
struct InvariantRow {
  std::string_view id;
  std::string_view sentence;
  /// Makes the checker; null for what one run cannot show (I10: the runner runs twice and compares).
  std::unique_ptr<Invariant> (*make)(const Limits& limits, const FleetState& fleet);
};

/// All invariants, in the order of their numbers.
[[nodiscard]] std::span<const InvariantRow> invariant_rows();

/// Judges one run by all invariants. Add it to the world before the nodes start; after the run call
/// `finish` once.
class InvariantSet final : public Observer {
 public:
  explicit InvariantSet(Limits limits);

  void observe(const SimEnvelope& event) override { dispatcher_.observe(event); }
  void finish(SimTime end) { dispatcher_.finish(end); }

  /// In the order of `invariant_rows`, without those a single run cannot show.
  [[nodiscard]] std::span<const std::unique_ptr<Invariant>> invariants() const {
    return invariants_;
  }
  /// The violations of all, in order of time.
  [[nodiscard]] std::vector<Violation> violations() const;

 private:
  Limits limits_;
  FleetState fleet_;
  std::vector<std::unique_ptr<Invariant>> invariants_;
  Dispatcher dispatcher_;
};

}  // namespace arbees::sim
