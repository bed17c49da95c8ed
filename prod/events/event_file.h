#pragma once

#include <expected>
#include <string>

#include "core/events/event_json.h"
#include "prod/events/recorder.h"

namespace arbees::prod {

/// The event file of a process: JSON lines as core/events/event_json.h defines them, times of the wall
/// clock. Every line is with the system when `take` returns: a reader can follow it, and a crash of this
/// process loses nothing.
class EventFile final : public EventOutput {
 public:
  /// Opens `path` for appending (`-`: standard output) and writes the header. A file that is there already
  /// goes on with a header of its own, because its process was another one. The error says what to do.
  [[nodiscard]] static std::expected<EventFile, std::string> open(const std::string& path,
                                                                  EventFileHeader header);
  ~EventFile() override;
  EventFile(EventFile&& other) noexcept;
  EventFile& operator=(EventFile&&) = delete;

  void take(const Envelope& envelope, WallTime wall) override;

 private:
  explicit EventFile(int fd) : fd_(fd) {}
  void write_line();

  int fd_ = -1;
  std::string line_;
  bool broken_ =
      false;  ///< the disk is full or the reader left: said once, then the file is given up
};

}  // namespace arbees::prod
