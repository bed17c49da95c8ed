#include "sim/report/report_files.h"

#include <fstream>
#include <utility>
#include <vector>

#include "sim/report/output_file.h"
#include "sim/report/picture.h"
#include "sim/report/text_grid.h"
#include "sim/report/timeline.h"

namespace arbees::sim {

std::expected<EventFile, std::string> read_event_files(
    std::span<const std::filesystem::path> paths) {
  std::vector<EventFile> files;
  for (const std::filesystem::path& path : paths) {
    std::ifstream in(path, std::ios::binary);
    if (!in) {
      return std::unexpected(path.string() +
                             ": cannot be read, expected an event file (JSON lines)");
    }
    auto file = read_event_file(in, path.string());
    if (!file)
      return std::unexpected(file.error());
    files.push_back(std::move(*file));
  }
  if (files.empty())
    return std::unexpected("no event file named");
  return files.size() == 1 ? std::move(files.front()) : merge_event_files(std::move(files));
}

std::expected<ReportFiles, std::string> write_report_files(const std::filesystem::path& base,
                                                           const EventFile& file) {
  if (base.has_parent_path()) {
    if (auto made = make_output_folder(base.parent_path()); !made) {
      return std::unexpected(made.error());
    }
  }
  const ReportFiles files{base.string() + ".html", base.string() + ".svg", base.string() + ".txt"};
  const auto page =
      write_output(files.page, [&file](std::ostream& out) { write_timeline(out, file); });
  const auto picture =
      write_output(files.picture, [&file](std::ostream& out) { write_picture(out, file); });
  const auto text = write_output(files.text, [&file](std::ostream& out) {
    write_text_grid(out, file, {.charset = Charset::utf8, .width = 0});
  });
  for (const auto& made : {page, picture, text}) {
    if (!made)
      return std::unexpected(made.error());
  }
  return files;
}

}  // namespace arbees::sim
