#include "prod/events/write_all.h"

#include <cerrno>

#include <unistd.h>

namespace arbees::prod {

Written write_all(int fd, std::string_view text) {
  Written done;
  while (done.bytes < text.size()) {
    const ssize_t written = ::write(fd, text.data() + done.bytes, text.size() - done.bytes);
    if (written < 0 && errno != EINTR) {
      done.error = errno;
      return done;
    }
    if (written > 0)
      done.bytes += static_cast<std::size_t>(written);
  }
  return done;
}

}  // namespace arbees::prod
