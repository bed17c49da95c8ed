#include "sim/report/report_files.h"

#include <fstream>
#include <system_error>
#include <utility>
#include <vector>

#include "sim/report/picture.h"
#include "sim/report/text_grid.h"
#include "sim/report/timeline.h"

namespace arbees::sim {
namespace {

/// Lets `write` fill a file; the error says which one could not be written.
template <class Write>
std::expected<void, std::string> make_file(const std::filesystem::path& path, Write write) {
  std::ofstream out(path, std::ios::binary);
  if (out)
    write(out);
  out.close();
  if (!out) {
    return std::unexpected(path.string() +
                           ": cannot be written; is there space, and may this user write there?");
  }
  return {};
}

}  // namespace

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
  std::error_code failure;
  if (base.has_parent_path())
    std::filesystem::create_directories(base.parent_path(), failure);
  if (failure) {
    return std::unexpected(base.parent_path().string() + ": cannot be made: " + failure.message());
  }
  const ReportFiles files{base.string() + ".html", base.string() + ".svg", base.string() + ".txt"};
  const auto page =
      make_file(files.page, [&file](std::ostream& out) { write_timeline(out, file); });
  const auto picture =
      make_file(files.picture, [&file](std::ostream& out) { write_picture(out, file); });
  const auto text = make_file(files.text, [&file](std::ostream& out) {
    write_text_grid(out, file, {.charset = Charset::utf8, .width = 0});
  });
  for (const auto& made : {page, picture, text}) {
    if (!made)
      return std::unexpected(made.error());
  }
  return files;
}

}  // namespace arbees::sim
