#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <utility>

#include "sim/sweep/sweep_plan.h"
#include "tests/sim/swarm_profile.h"

// What a sweep goes through.

namespace arbees::sim {
namespace {

TEST(Sweep, HasEachFaultAtEachMomentOnce) {
  auto loaded = library().load("01b");
  ASSERT_TRUE(loaded.has_value()) << loaded.error();
  const auto shared = std::make_shared<const LoadedScenario>(std::move(*loaded));
  const Sweep sweep = plan_sweep(shared, "hardened", "01b", {.seed = 3, .pairs = 5});
  EXPECT_EQ(sweep.base_failure, "");
  EXPECT_GT(sweep.points.size(), 10U);
  std::set<std::string> kinds;
  for (const Value& fault : sweep.faults) {
    kinds.insert(fault.find("fault")->text);
  }
  EXPECT_GT(kinds.size(), 20U);
  ASSERT_EQ(sweep.plan.size, 1 + sweep.points.size() * sweep.faults.size() + 5);
  std::set<std::string> keys;
  for (std::uint64_t index = 0; index < *sweep.plan.size - 5; index += 37) {
    const SearchJob job = sweep.plan.job(index);
    EXPECT_TRUE(keys.insert(job.key()).second) << job.key();
    EXPECT_EQ(sweep.plan.key(index), job.key());
    EXPECT_EQ(job.loaded->scenario.faults.size(),
              shared->scenario.faults.size() + (index == 0 ? 0 : 1));
    EXPECT_TRUE(job.loaded->scenario.policy("hardened")->expectations.empty());
  }
  const SearchJob pair = sweep.plan.job(*sweep.plan.size - 1);
  EXPECT_NE(pair.variant.find(" and "), std::string::npos);
  // The same number is the same run, whichever process makes it.
  EXPECT_EQ(make_run(sweep.plan.job(38), false).digest, make_run(sweep.plan.job(38), true).digest);
}

}  // namespace
}  // namespace arbees::sim
