#include "tests/real/event_log.h"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace arbees::real {
namespace {

namespace fs = std::filesystem;

/// Read in front of what was added to a file: the reader wants a header first.
constexpr std::string_view header =
    R"({"schema":"arbees.events","schema_version":1,"clock":"wall","program":"tests"})"
    "\n";

}  // namespace

EventLog::EventLog(fs::path folder) : folder_(std::move(folder)) {
  watch_ = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (watch_ < 0 || ::inotify_add_watch(watch_, folder_.c_str(), IN_MODIFY) < 0) {
    throw std::system_error(errno, std::generic_category(), "watching " + folder_.string());
  }
}

EventLog::~EventLog() { ::close(watch_); }

const sim::EventFile& EventLog::events() {
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_)) {
    if (entry.path().extension() == ".jsonl") {
      read_more(entry.path());
    }
  }
  all_.reindex();
  return all_;
}

/// Takes the whole lines that were added; a line that is being written comes with the next change.
void EventLog::read_more(const fs::path& file) {
  std::streamoff& offset = read_[file];
  std::ifstream in(file, std::ios::binary);
  in.seekg(offset);
  std::string text(std::istreambuf_iterator<char>(in), {});
  text.resize(text.rfind('\n') + 1);  // npos + 1 is 0
  if (text.empty()) {
    return;
  }
  offset += static_cast<std::streamoff>(text.size());
  std::istringstream lines(std::string(header) + text);
  auto added = sim::read_event_file(lines, file.string());
  if (!added) {
    throw std::runtime_error(added.error());
  }
  std::ranges::move(added->events, std::back_inserter(all_.events));
}

bool EventLog::wait(Duration patience, const std::function<bool(const sim::EventFile&)>& done) {
  const auto give_up = std::chrono::steady_clock::now() + patience;
  while (!done(events())) {
    const Duration left = give_up - std::chrono::steady_clock::now();
    if (left <= Duration{}) {
      return false;
    }
    await_change(left);
  }
  return true;
}

void EventLog::await_change(Duration patience) {
  pollfd changed{.fd = watch_, .events = POLLIN, .revents = 0};
  const auto most = std::chrono::ceil<milliseconds>(patience);
  ::poll(&changed, 1, static_cast<int>(most.count()));
  std::array<char, 4'096> passed;
  while (::read(watch_, passed.data(), passed.size()) > 0) {
  }
}

}  // namespace arbees::real
