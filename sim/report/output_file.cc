#include "sim/report/output_file.h"

#include <fstream>
#include <system_error>

namespace arbees::sim {
namespace {

namespace fs = std::filesystem;

std::unexpected<std::string> cannot_be_written(const fs::path& path) {
  return std::unexpected(path.string() +
                         ": cannot be written; is there space, and may this user write there?");
}

}  // namespace

std::expected<void, std::string> write_output(const fs::path& path,
                                              const std::function<void(std::ostream&)>& write) {
  std::ofstream out(path, std::ios::binary);
  if (out) {
    write(out);
  }
  out.close();
  if (!out) {
    return cannot_be_written(path);
  }
  return {};
}

std::expected<void, std::string> write_output(const fs::path& path, const std::string& text) {
  return write_output(path, [&text](std::ostream& out) { out << text; });
}

std::expected<void, std::string> make_output_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    return std::unexpected(folder.string() + ": cannot be made: " + error.message());
  }
  return {};
}

std::expected<void, std::string> try_output(const fs::path& path) {
  std::error_code error;
  const bool existed = fs::exists(path, error);
  const bool opened = std::ofstream(path, std::ios::binary | std::ios::app).is_open();
  if (opened && !existed) {
    fs::remove(path, error);
  }
  if (!opened) {
    return cannot_be_written(path);
  }
  return {};
}

std::expected<void, std::string> try_output_folder(const fs::path& folder) {
  if (auto made = make_output_folder(folder); !made) {
    return made;
  }
  return try_output(folder / ".arbees-can-write");
}

}  // namespace arbees::sim
