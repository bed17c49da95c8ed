#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/time.h"
#include "sim/cli/console.h"
#include "sim/scenario/library.h"

// The commands that look at single runs: replay, diff, explain, show.

namespace arbees::sim {

struct ReplayOptions {
  std::string file;
  bool verify = false;            ///< exit 0 if it comes out as recorded
  std::optional<Duration> until;  ///< stop there and show what happened
};

/// Makes a recorded failure again. Exit codes: `failed` if it came again (with `verify`: `ok`),
/// `not_reproduced`, `nondeterminism` if this build made the file and its digest is another one now.
[[nodiscard]] ChaosExit replay_command(const ReplayOptions& options, Console& console);

struct DiffOptions {
  std::string a;
  std::string b;
  std::string policy;
};

/// Shows where two runs part: `ok` if they are the same, `failed` if not.
[[nodiscard]] ChaosExit diff_command(const DiffOptions& options, const ScenarioLibrary& library,
                                     Console& console);

struct ExplainOptions {
  std::string run;  ///< as in `diff`, or an event file (.jsonl)
  std::string event;
  std::string policy;
};

/// Shows the chain of causes of an event.
[[nodiscard]] ChaosExit explain_command(const ExplainOptions& options,
                                        const ScenarioLibrary& library, Console& console);

struct ShowOptions {
  std::string scenario;
  std::uint64_t seed = 1;
  std::uint64_t mutation = 0;
};

/// Prints a scenario as a seed has it: of a profile everything that was drawn, as a scenario file.
[[nodiscard]] ChaosExit show_command(const ShowOptions& options, const ScenarioLibrary& library,
                                     Console& console);

}  // namespace arbees::sim
