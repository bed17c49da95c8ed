#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/engine/digest.h"
#include "sim/invariants/invariant.h"
#include "sim/metrics/metrics.h"
#include "sim/node/setup.h"
#include "sim/runner/expectation_watcher.h"
#include "sim/runner/fault_schedule.h"
#include "sim/scenario/scenario.h"

namespace arbees::sim {

/// One run: a scenario under a policy with a seed. Everything borrowed must outlive it.
struct RunRequest {
  const Scenario& scenario;
  const PolicySpec& policy;
  std::uint64_t seed = 1;
  ParameterChoices parameters = {};
  std::optional<Duration> duration = {};  ///< instead of the scenario's
  DigestConfig digest = {};
  Observer* recorder = nullptr;  ///< told of every event, if there is one
  TapeConfig tape = {};
  ClockConfig clocks = {};
};

struct InvariantResult {
  std::string id;
  InvariantStatus status;
  std::uint64_t checks = 0;
  std::uint64_t violations = 0;
  std::string first_violation;  ///< empty: none
  bool as_expected = true;      ///< the policy says so where it is violated
};

enum class Verdict : std::uint8_t {
  pass,
  fail  ///< an invariant or an expectation failed
};

[[nodiscard]] std::string_view to_string(Verdict verdict);

/// What was left open in the scenario, as it was in one run.
struct ResolvedSchedule {
  std::map<std::string, Duration> parameters;
  DrawnSpans drawn;
  FaultTimes times;
};

/// What a run came to. The same for the same request, on every machine.
struct RunResult {
  std::string scenario;
  std::string policy;
  std::uint64_t seed = 0;
  Verdict verdict = Verdict::pass;
  Duration simulated{};
  std::uint64_t events = 0;
  Digest digest;
  std::vector<InvariantResult> invariants;
  std::vector<Violation> violations;
  std::vector<ExpectationResult> expectations;
  RunMetrics metrics;
  ResolvedSchedule schedule;
};

[[nodiscard]] RunResult run_scenario(const RunRequest& request);

/// 16 hexadecimal digits.
[[nodiscard]] std::string digest_text(const Digest& digest);

}  // namespace arbees::sim
