// Seed incident 1 (a shard crashes and is back), with the power of the orchestrator's machine lost after every
// single write and sync of its store in turn, unsynced writes torn; and the same with kill -9. Whatever the moment: the next orchestrator
// loads what was acknowledged or that and the batch in flight, terms and epochs never repeat, no owner is told
// to let go, and no game is lost.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <vector>

#include "sim/disk/events.h"
#include "tests/sim/support/incident_replay.h"

namespace arbees::sim {
namespace {

constexpr Duration without_power = seconds{3};
constexpr std::uint64_t power_loss_sweep_seeds = swept_seeds(4);

enum class End : std::uint8_t { power_lost, killed };

class TornWrites final : public Observer {
 public:
  void observe(const SimEnvelope& event) override {
    if (const auto* lost = event.event.get_if<UnsyncedWritesLost>()) {
      seen += lost->lost > 0 && lost->lost < lost->sectors ? 1 : 0;
    }
  }
  std::uint64_t seen = 0;
};

void end_at(IncidentReplay& run, SimTime moment, End by) {
  run.world.at(moment, [&run, by] {
    Faults& faults = run.world.faults();
    const FaultId fault = by == End::killed ? faults.crash(run.orchestrator())
                                            : faults.lose_power(run.orchestrator());
    run.world.at(run.world.now() + without_power, [&faults, fault] { faults.heal(fault); });
  });
}

std::vector<SimTime> operations_of(std::uint64_t seed) {
  IncidentReplay run(seed);
  std::vector<SimTime> operations;
  run.world.disk(run.orchestrator()).watch([&](SimTime at) { operations.push_back(at); });
  run.run();
  EXPECT_EQ(run.problem(), "") << "seed " << seed;
  return operations;
}

TEST(PowerLossSweep, AtEveryWriteOfIncident1NothingAcknowledgedIsLost) {
  std::uint64_t moments = 0;
  std::uint64_t torn = 0;
  for (std::uint64_t seed = 1; seed <= power_loss_sweep_seeds; ++seed) {
    for (const SimTime operation : operations_of(seed)) {
      for (const End end : {End::power_lost, End::killed}) {
        IncidentReplay run(seed);
        TornWrites torn_writes;
        run.world.add_observer(torn_writes);
        end_at(run, operation + Duration{1}, end);
        run.run();
        EXPECT_EQ(run.problem(), "")
            << "seed " << seed << (end == End::killed ? ", killed" : ", power lost")
            << " after the operation at " << operation.time_since_epoch().count() << " ns";
        torn += torn_writes.seen;
      }
      ++moments;
    }
  }
  std::printf(
      "killed, and power lost, at %llu moments, %llu losses left a part of what was not synced\n",
      static_cast<unsigned long long>(moments), static_cast<unsigned long long>(torn));
  EXPECT_GT(moments, power_loss_sweep_seeds * 40);
  EXPECT_GT(torn, power_loss_sweep_seeds * 2);
}

}  // namespace
}  // namespace arbees::sim
