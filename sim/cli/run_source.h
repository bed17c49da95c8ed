#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "sim/cli/console.h"
#include "sim/recording/failure_file.h"
#include "sim/scenario/library.h"

namespace arbees::sim {

/// Why a command cannot do its work.
struct CommandError {
  ChaosExit code = ChaosExit::usage;
  std::string text;
};

/// A run that somebody named: a failure file, or a scenario and its seed.
struct OpenedRun {
  LoadedScenario loaded;
  std::string policy;
  std::uint64_t seed = 1;
  std::optional<FailureFile> failure;  ///< where it came from a failure file

  /// Borrows from this object.
  [[nodiscard]] RunRequest request() const;
};

/// Reads a whole file of at most `longest` bytes.
[[nodiscard]] std::expected<std::string, CommandError> read_whole_file(const std::string& path);

/// Opens a failure file by its path; exit code 5 if it cannot be used.
[[nodiscard]] std::expected<OpenedFailure, CommandError> open_failure_file(const std::string& path);

/// Opens "FAILURE.json", "SCENARIO" or "SCENARIO@SEED".
[[nodiscard]] std::expected<OpenedRun, CommandError> open_run(const std::string& spec,
                                                              const std::string& policy,
                                                              const ScenarioLibrary& library);

}  // namespace arbees::sim
