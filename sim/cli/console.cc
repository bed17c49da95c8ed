#include "sim/cli/console.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "sim/search/machine_clock.h"

namespace arbees::sim {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

/// False: not all of it was taken.
bool write_all(std::FILE* file, std::string_view text) {
  const bool taken = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  return std::fflush(file) == 0 && taken;
}

bool wants_colour() {
  const char* no_color =
      std::getenv("NO_COLOR");  // https://no-color.org: any value that is not empty
  const char* term = std::getenv("TERM");
  const bool dumb = term == nullptr || std::string_view(term) == "dumb";
  return isatty(STDOUT_FILENO) != 0 && (no_color == nullptr || *no_color == '\0') && !dumb;
}

}  // namespace

Console::Console()
    : colour_(wants_colour()),
      terminal_(isatty(STDERR_FILENO) != 0),
      next_progress_ns_(machine_ns() + (terminal_ ? second_ns / 2 : 10 * second_ns)) {}

void Console::result(std::string_view text) {
  end_progress();
  all_written_ = write_all(stdout, text) && all_written_;
}

void Console::complain(std::string_view text) {
  end_progress();
  write_all(stderr, text);
}

void Console::progress(std::string_view text) {
  const std::int64_t now = machine_ns();
  if (now < next_progress_ns_) {
    return;
  }
  next_progress_ns_ = now + (terminal_ ? second_ns / 5 : 10 * second_ns);
  write_all(stderr, terminal_ ? "\r\x1b[K" + std::string(text) : std::string(text) + "\n");
  shown_ = terminal_;
}

void Console::end_progress() {
  if (shown_) {
    write_all(stderr, "\r\x1b[K");
    shown_ = false;
  }
}

ChaosExit complain(const std::string& text, Console& console, ChaosExit code) {
  console.complain("arbees-chaos: " + text + "\n");
  return code;
}

std::string Console::painted(std::string_view text, std::string_view code) const {
  return colour_ ? "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m"
                 : std::string(text);
}

}  // namespace arbees::sim
