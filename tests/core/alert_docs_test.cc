#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "core/alerts/catalogue.h"

namespace arbees {
namespace {

std::string in_seconds(Duration span) {
  const auto millis = std::chrono::duration_cast<milliseconds>(span).count();
  return millis == 0 ? "" : std::to_string(millis / 1'000) + " s";
}

/// The row of docs/operations.md.
std::string row_of(const AlertSpec& spec) {
  const std::string type(spec.type);
  const std::string place = runbook(spec.type);
  return "| <a id=\"" + place.substr(place.find('#') + 1) + "\"></a>`" + type + "` | " +
         std::string(to_string(spec.level)) + " | " + std::string(spec.by) + " | " +
         in_seconds(spec.wait) + " | " + in_seconds(spec.keep) + " | " + std::string(spec.lost) +
         " | " + std::string(spec.doing) + " | " + std::string(spec.todo) + " |\n";
}

std::string rows() {
  std::string all;
  for (const AlertSpec& spec : alert_catalogue()) {
    all += row_of(spec);
  }
  return all;
}

/// "hidden | by | only of the same shard"
std::string inhibition_rows() {
  std::string all;
  for (const Inhibition& row : inhibitions()) {
    all += "| `" + std::string(row.cause) + "` | `" + std::string(row.hidden) + "`" +
           (row.same_subject ? " of the same shard" : "") + " |\n";
  }
  return all;
}

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string page() { return text_of(ARBEES_SOURCE_DIR "/docs/operations.md"); }

TEST(AlertDocs, AreTheCatalogue) {
  EXPECT_NE(page().find(rows()), std::string::npos)
      << "docs/operations.md should have these rows:\n"
      << rows();
  EXPECT_NE(page().find(inhibition_rows()), std::string::npos)
      << "docs/operations.md should have these rows:\n"
      << inhibition_rows();
}

/// All code of the core but the catalogue itself.
std::string sources() {
  std::string all;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(ARBEES_SOURCE_DIR "/core")) {
    const std::filesystem::path& path = entry.path();
    if (path.extension() == ".cc" && path.filename() != "catalogue.cc") {
      all += text_of(path);
    }
  }
  return all;
}

TEST(AlertDocs, SayWhichAlertsNothingRaises) {
  const std::string text = page();
  const std::size_t begin = text.find("Nothing raises these yet:");
  ASSERT_NE(begin, std::string::npos);
  const std::string unraised = text.substr(begin, text.find("\n\n", begin) - begin);
  const std::string code = sources();
  for (const AlertSpec& spec : alert_catalogue()) {
    const std::string type(spec.type);
    const bool raised = code.find('"' + type + '"') != std::string::npos;
    const bool said = unraised.find('`' + type + '`') != std::string::npos;
    EXPECT_NE(raised, said) << type;
  }
}

}  // namespace
}  // namespace arbees
