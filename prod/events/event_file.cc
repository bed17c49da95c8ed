#include "prod/events/event_file.h"

#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "prod/events/write_all.h"

namespace arbees::prod {

std::expected<EventFile, std::string> EventFile::open(const std::string& path,
                                                      EventFileHeader header) {
  const int fd = path == "-"
                     ? ::dup(STDOUT_FILENO)
                     : ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0) {
    return std::unexpected("the event file " + path + " cannot be opened: " + std::strerror(errno) +
                           "; name a file in a folder that exists and can be written");
  }
  EventFile file(fd);
  header.clock = FileClock::wall;
  append_header_json(file.line_, header);
  file.write_line();
  if (file.broken_) {
    return std::unexpected("the event file " + path + " cannot be written");
  }
  return file;
}

EventFile::~EventFile() {
  if (fd_ >= 0)
    ::close(fd_);
}

EventFile::EventFile(EventFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), line_(std::move(other.line_)), broken_(other.broken_) {}

void EventFile::take(const Envelope& envelope, WallTime wall) {
  if (broken_)
    return;
  append_event_json(line_, envelope, wall.time_since_epoch().count());
  write_line();
}

void EventFile::write_line() {
  line_ += '\n';
  // One call a line: lines of processes that share a file do not mix.
  if (const int error = write_all(fd_, line_).error; error != 0) {
    broken_ = true;
    const std::string text =
        std::string("the event file ends here: ") + std::strerror(error) + '\n';
    write_all(STDERR_FILENO, text);
  }
  line_.clear();
}

}  // namespace arbees::prod
