#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace arbees::sim {

namespace fs = std::filesystem;

struct Outcome {
  int code = -1;
  std::string out;
  std::string err;
};

inline std::string contents(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

/// The program in a folder of its own, called by the shell as a person would.
class Cli : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "arbees-cli-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  Outcome call(const std::string& arguments) const {
    const fs::path program = fs::path(ARBEES_BIN_DIR) / "arbees-chaos";
    const std::string command = "cd '" + folder_.string() + "' && '" + program.string() + "' " +
                                arguments + " >out 2>err </dev/null";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, contents(folder_ / "out"),
            contents(folder_ / "err")};
  }

  /// A call whose scenarios are those of the source tree.
  Outcome chaos(const std::string& arguments) const {
    return call("--scenarios '" ARBEES_SOURCE_DIR "/scenarios' " + arguments);
  }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }

  fs::path folder_;
};

inline std::string scenario_text(const std::string& expect) {
  return R"({"name": "x", "title": "t", "source": "s", "duration": "30s", "fleet": {"shards": 1},
             "games": 1, "faults": [], "policies": {"hardened": {"expect": [)" +
         expect + "]}}}";
}

inline std::string last_line(const std::string& text) {
  const std::size_t end = text.find_last_not_of('\n');
  return text.substr(text.rfind('\n', end) + 1, end - text.rfind('\n', end));
}

inline constexpr const char* restart_is_noticed = R"({"never": "shard_restarted"})";

/// A fleet of which shard-1 crashes, and what it must show.
inline std::string crashing(const std::string& expect) {
  return R"({"name": "x", "title": "t", "source": "s", "duration": "60s", "fleet": {"shards": 3},
             "games": 6, "faults": [
               {"fault": "crash", "target": "shard-1", "at": "31.7s", "for": {"between": ["2s", "12s"]}},
               {"fault": "latency", "from": "shards", "to": "redis", "at": "20s", "for": "3s",
                "latency": {"between": ["1ms", "2ms"]}}],
             "policies": {"hardened": {"expect": [)" +
         expect + "]}}}";
}

}  // namespace arbees::sim
