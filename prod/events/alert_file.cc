#include "prod/events/alert_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "core/alerts/events.h"
#include "core/events/event_json.h"
#include "core/wire/timestamp.h"
#include "prod/events/write_all.h"

namespace arbees::prod {
namespace {

constexpr std::array kept{
    &event_type<AlertRaised>,   &event_type<AlertUpdated>,  &event_type<AlertAcknowledged>,
    &event_type<AlertResolved>, &event_type<AlertRestored>, &event_type<AlertInhibited>,
    &event_type<AlertNotified>, &event_type<AlertHeldBack>,
};

/// Appends to the file as it is called now.
Written append(const std::string& path, std::string_view text) {
  // Never waits for a reader, should the path be a pipe.
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0644);
  if (fd < 0)
    return {.bytes = 0, .error = errno};
  const Written done = write_all(fd, text);
  ::close(fd);
  return done;
}

}  // namespace

AlertFile::AlertFile(std::string path) : path_(std::move(path)) {
  write_line();  // Nothing yet: whether it could be written is known before the first alert.
}

void AlertFile::take(const Envelope& envelope, WallTime wall) {
  const bool wanted = std::ranges::find(kept, &envelope.event.type()) != kept.end();
  if (path_.empty() || !wanted)
    return;
  line_ = torn_ ? "\n{" : "{";
  JsonFields fields(line_);
  fields.text("time", wire::to_rfc3339(wall));
  fields.text("node", envelope.node);
  fields.text("event", envelope.event.name());
  fields.count("id", envelope.id.value());
  if (!envelope.cause.none())
    fields.count("cause", envelope.cause.value());
  envelope.event.visit(fields);
  if (lost_ > 0)
    fields.count("lines_lost_before", lost_);
  line_ += "}\n";
  write_line();
}

void AlertFile::write_line() {
  if (path_.empty())
    return;
  const Written done = append(path_, line_);
  const bool failed = done.error != 0;
  if (failed && !failing_) {
    const std::string text = "alerts cannot be written to " + path_ + ": " +
                             std::strerror(done.error) +
                             "; they are in this log (ALERT_LOG_PATH names the file)\n";
    write_all(STDERR_FILENO, text);
  }
  failing_ = failed;
  torn_ = failed ? torn_ || done.bytes > 0 : false;
  lost_ = failed ? lost_ + (line_.empty() ? 0 : 1) : 0;
  line_.clear();
}

}  // namespace arbees::prod
