#pragma once

#include <chrono>
#include <map>
#include <string>

#include "tests/real/process.h"

namespace arbees::real {

/// What the processes that survive an outage may use while it lasts: 2 % of a processor, 10 MB of memory.
class Outage {
 public:
  /// Begins now; the processes must outlive it.
  explicit Outage(const std::map<std::string, const Process*>& survivors);
  /// Judges what was used since, and prints it.
  void end() const;
  /// The same without the processor, where the outage is work itself.
  void end_of_memory() const;

 private:
  struct Watched {
    const Process* process;
    Usage before;
  };
  [[nodiscard]] Duration lasted() const;
  void judge_memory(const std::string& name, const Watched& watched) const;

  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::map<std::string, Watched> watched_;
};

}  // namespace arbees::real
