#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/time.h"

namespace arbees::real {

/// Who is to end by itself has done so by then.
inline constexpr Duration end_patience = seconds{20};

/// What a process has used up to now.
struct Usage {
  Duration cpu;            ///< user and system time
  std::uint64_t resident;  ///< bytes of memory
};

/// How a program is run.
struct Command {
  std::filesystem::path program;
  std::vector<std::string> arguments;
  std::map<std::string, std::string> environment;  ///< all of it
  std::filesystem::path log;                       ///< its stderr is added to this file
};

/// A program that runs until it ends, or until the object or the test does. Use it from the test's main
/// thread: the kernel ends the program when the thread that started it ends.
class Process {
 public:
  /// Throws std::system_error if it cannot be started.
  explicit Process(const Command& command);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// Waits at most so long for the end. The exit code, 128 + N if signal N ended it; none: it runs.
  std::optional<int> ended(Duration patience = {});
  /// SIGKILL, and waits until it is gone.
  void kill();
  /// What it has used; it must be running.
  [[nodiscard]] Usage usage() const;

 private:
  pid_t pid_ = 0;
  int fd_ = -1;  ///< readable once the process has ended
  std::optional<int> code_;
};

}  // namespace arbees::real
