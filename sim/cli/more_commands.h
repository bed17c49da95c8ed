#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "sim/cli/console.h"
#include "sim/scenario/library.h"

namespace CLI {
class App;
}

namespace arbees::sim {

/// The commands beside `run`, `list` and `serve-redis`: those that study runs, and those that search.
class MoreCommands {
 public:
  /// Adds them to the program's options. `app` must outlive this.
  explicit MoreCommands(CLI::App& app);
  ~MoreCommands();
  MoreCommands(const MoreCommands&) = delete;
  MoreCommands& operator=(const MoreCommands&) = delete;

  /// Runs the one that was asked for, if it is one of these.
  [[nodiscard]] std::optional<ChaosExit> run(const ScenarioLibrary& library, Console& console,
                                             const std::function<bool()>& interrupted);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace arbees::sim
