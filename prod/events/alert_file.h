#pragma once

#include <cstdint>
#include <string>

#include "prod/events/recorder.h"

namespace arbees::prod {

/// The file of alerts: what happens to each, a line of JSON, independent of Redis and of what people were
/// told. It is opened anew for each line, which are few: a file that was moved away (log rotation) or a
/// folder that came back is noticed by itself. A full disk loses lines and stops nothing; how many were lost
/// is in the next line that could be written.
class AlertFile final : public EventOutput {
 public:
  /// An empty path: no file. One that cannot be written is said once, on stderr, each time it begins.
  explicit AlertFile(std::string path);

  void take(const Envelope& envelope, WallTime wall) override;

 private:
  void write_line();

  std::string path_;
  std::string line_;
  std::uint64_t lost_ = 0;  ///< since the last line that was written
  bool torn_ = false;       ///< the last line is there in part
  bool failing_ = false;
};

}  // namespace arbees::prod
