#include "prod/games/watched_file.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace arbees::prod {
namespace {

class OpenFile {
 public:
  // Non-blocking: a path that is a pipe must not hold the process until somebody writes to it.
  explicit OpenFile(const std::string& path)
      : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~OpenFile() {
    if (fd_ >= 0)
      ::close(fd_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_;
};

std::unexpected<std::string> cannot_read(const std::string& path, const std::string& why) {
  return std::unexpected(path + " cannot be read: " + why);
}

}  // namespace

std::expected<std::string, std::string> read_whole_file(const std::string& path, std::size_t most) {
  const OpenFile file(path);
  struct stat status = {};
  if (file.fd() < 0 || ::fstat(file.fd(), &status) != 0) {
    return cannot_read(path, std::strerror(errno));
  }
  if (!S_ISREG(status.st_mode))
    return cannot_read(path, "it is not a regular file");
  std::string text;
  std::array<char, 65'536> piece{};
  for (;;) {
    const ssize_t size = ::read(file.fd(), piece.data(), piece.size());
    if (size == 0)
      return text;
    if (size < 0) {
      if (errno == EINTR)
        continue;
      return cannot_read(path, std::strerror(errno));
    }
    text.append(piece.data(), static_cast<std::size_t>(size));
    if (text.size() > most) {
      return cannot_read(path, "it has more than " + std::to_string(most) + " bytes");
    }
  }
}

WatchedFile::WatchedFile(std::string path, Clock& clock, Changed changed, Unreadable unreadable)
    : path_(std::move(path)),
      clock_(clock),
      changed_(std::move(changed)),
      unreadable_(std::move(unreadable)),
      timer_(clock.make_timer([this] { look(); })) {
  timer_->arm(clock_.now());
}

void WatchedFile::look() {
  timer_->arm(clock_.now() + period);
  auto text = read_whole_file(path_, largest);
  if (!text) {
    if (problem_ == text.error())
      return;
    problem_ = text.error();
    unreadable_(problem_);
    return;
  }
  problem_.clear();
  if (text_ == *text)
    return;
  text_ = *std::move(text);
  changed_(*text_);
}

}  // namespace arbees::prod
