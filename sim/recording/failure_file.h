#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/recording/signature.h"
#include "sim/runner/run.h"
#include "sim/scenario/library.h"

namespace arbees::sim {

// A failure file holds everything that is needed to make a failed run again, wherever the scenario has gone:
//
//   {"schema": "arbees.failure", "schema_version": 1, "build": …, "scenario": {"name", "text"},
//    "policy", "policy_settings", "seed", "parameters", "duration", "schedule", "tape",
//    "digest", "items", "ladder", "failure": {"subject", "kind", "text", "at", "event"}, "repro"}
//
// The tape has the draws of the schedule alone (see `schedule_tape`): another build repeats what happened to
// the fleet, not each latency.

inline constexpr std::string_view failure_schema = "arbees.failure";
inline constexpr std::uint64_t failure_version = 1;

struct FailureFile {
  std::string build;
  std::string scenario_name;
  std::string scenario_text;
  PolicyFiles policy_settings;
  std::string policy;
  std::uint64_t seed = 1;
  ParameterChoices parameters;
  std::optional<Duration> duration;
  ResolvedSchedule schedule;  ///< for people; not read back
  Tape tape;
  std::string digest;
  std::uint64_t items = 0;
  std::vector<Checkpoint> ladder;
  Failing failure;
  std::string repro;  ///< the command that made the run

  [[nodiscard]] bool same_build() const;
  /// The run again, of a scenario read from `scenario_text`: from its seed where this build made it, else
  /// with the recorded schedule. Borrows from both.
  [[nodiscard]] RunRequest request(const Scenario& scenario) const;
};

/// Of the draws of a run, those that made its schedule: starts, parameters, faults.
[[nodiscard]] Tape schedule_tape(const Tape& all);

/// The file of a failed run. `request` has kept its tape.
[[nodiscard]] FailureFile failure_of(const LoadedScenario& loaded, const RunRequest& request,
                                     const RunResult& result, const std::string& repro);

[[nodiscard]] std::string failure_json(const FailureFile& file);

/// Reads one. The error says what is wrong with it.
[[nodiscard]] std::expected<FailureFile, std::string> parse_failure(std::string_view text);

/// Whether a text claims to be a failure file.
[[nodiscard]] bool is_failure_text(std::string_view text);

/// Writes `<folder>/<scenario>-<policy>-<seed>.failure.json`, making the folder where needed. Returns the
/// path, or what could not be written.
[[nodiscard]] std::expected<std::string, std::string> write_failure(
    const std::filesystem::path& folder, const FailureFile& file);

/// A failure file whose scenario this build understands.
struct OpenedFailure {
  FailureFile file;
  LoadedScenario loaded;

  [[nodiscard]] RunRequest request() const { return file.request(loaded.scenario); }
};

[[nodiscard]] std::expected<OpenedFailure, std::string> open_failure(std::string_view text,
                                                                     std::string_view name);

}  // namespace arbees::sim
