#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "core/base/time.h"
#include "sim/report/event_file.h"

namespace arbees::real {

/// What must happen, and be recorded or said, has been by then.
inline constexpr Duration event_patience = seconds{40};

/// Reads along in the event files of a folder (*.jsonl) while processes write them.
class EventLog {
 public:
  explicit EventLog(std::filesystem::path folder);
  ~EventLog();
  EventLog(const EventLog&) = delete;
  EventLog& operator=(const EventLog&) = delete;

  /// Everything that was written up to now, as one story.
  [[nodiscard]] const sim::EventFile& events();
  /// Reads until `done` holds of everything written; false: the deadline passed before. Wakes up when a
  /// file grows, not by time.
  bool wait(Duration patience, const std::function<bool(const sim::EventFile&)>& done);

 private:
  void read_more(const std::filesystem::path& file);
  void await_change(Duration patience);

  std::filesystem::path folder_;
  int watch_ = -1;
  std::map<std::filesystem::path, std::streamoff> read_;  ///< how much of each file is in `all_`
  sim::EventFile all_;
};

}  // namespace arbees::real
