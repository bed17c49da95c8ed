#include "sim/cli/report_command.h"

#include <filesystem>

#include "sim/report/report_files.h"

namespace arbees::sim {

ChaosExit report_command(const ReportOptions& options, Console& console) {
  const std::vector<std::filesystem::path> paths(options.files.begin(), options.files.end());
  const auto story = read_event_files(paths);
  if (!story) {
    return complain(story.error(), console, ChaosExit::unreadable);
  }
  const auto made = write_report_files(options.base, *story);
  if (!made) {
    return complain(made.error(), console);
  }
  console.result(made->page.string() + "\n" + made->picture.string() + "\n" + made->text.string() +
                 "\n");
  return ChaosExit::ok;
}

}  // namespace arbees::sim
