#pragma once

#include <expected>
#include <filesystem>
#include <span>
#include <string>

#include "sim/report/event_file.h"

namespace arbees::sim {

/// Reads one event file, or those of several processes as one story. The error names file, line and fix.
[[nodiscard]] std::expected<EventFile, std::string> read_event_files(
    std::span<const std::filesystem::path> paths);

/// What `write_report_files` makes of a run.
struct ReportFiles {
  std::filesystem::path page;     ///< <base>.html
  std::filesystem::path picture;  ///< <base>.svg
  std::filesystem::path text;     ///< <base>.txt, uncut, for grep
};

/// Makes the page, the picture and the text grid of a run, and their folder where needed. `base` is their
/// common path without an ending.
[[nodiscard]] std::expected<ReportFiles, std::string> write_report_files(
    const std::filesystem::path& base, const EventFile& file);

}  // namespace arbees::sim
