#pragma once

#include <expected>
#include <filesystem>
#include <sstream>
#include <string>

#include "sim/report/event_file.h"
#include "sim/runner/run.h"

namespace arbees::sim {

/// Writes the event file of one run while it goes on.
class RunRecorder final : public Observer {
 public:
  RunRecorder(const Scenario& scenario, const PolicySpec& policy, std::uint64_t seed,
              const std::string& repro);

  void observe(const SimEnvelope& event) override;
  /// Adds how the run was judged, and returns the whole file.
  [[nodiscard]] std::string finish(const RunResult& result);

 private:
  std::ostringstream out_;
  EventFileWriter writer_;
};

/// Writes `<folder>/<scenario>-<policy>-<seed>` with the endings .jsonl, .html, .svg and .txt, making
/// the folder where needed. Returns the path of the page, or what could not be written.
[[nodiscard]] std::expected<std::string, std::string> write_report(
    const std::filesystem::path& folder, const RunResult& result, const std::string& events);

/// The run as a grid of text for the terminal.
[[nodiscard]] std::string text_grid_of(const std::string& events, bool colour);

}  // namespace arbees::sim
