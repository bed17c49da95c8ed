#include "tests/support/child.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <system_error>
#include <utility>

namespace arbees::testing {
namespace {

constexpr int patience_ms = 60'000;

[[noreturn]] void refuse(const char* doing) {
  throw std::system_error(errno, std::generic_category(), doing);
}

[[noreturn]] void become(pid_t parent, char* const* argv) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() == parent) {  // else the test ended before it could be watched
    ::execvp(argv[0], argv);
  }
  ::_exit(127);
}

}  // namespace

Child::Child(const std::vector<std::string>& words, Input input) {
  std::vector<std::string> copies = words;
  std::vector<char*> argv;
  for (std::string& word : copies) {
    argv.push_back(word.data());
  }
  argv.push_back(nullptr);
  const pid_t parent = ::getpid();
  if (input == Input::terminal) {
    pid_ = ::forkpty(&printed_, nullptr, nullptr, nullptr);
    if (pid_ < 0) {
      refuse("forkpty");
    }
    if (pid_ == 0) {
      ::setenv("TERM", "dumb", 1);
      become(parent, argv.data());
    }
    input_ = ::dup(printed_);
    return;
  }
  std::array<int, 2> in{};
  std::array<int, 2> out{};
  if (::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0) {
    refuse("pipe2");
  }
  pid_ = ::fork();
  if (pid_ < 0) {
    refuse("fork");
  }
  if (pid_ == 0) {
    ::dup2(in[0], STDIN_FILENO);
    ::dup2(out[1], STDOUT_FILENO);
    ::dup2(out[1], STDERR_FILENO);
    become(parent, argv.data());
  }
  ::close(in[0]);
  ::close(out[1]);
  input_ = in[1];
  printed_ = out[0];
}

Child::~Child() {
  end_input();
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  ::close(printed_);
}

void Child::type(std::string_view text) const {
  if (::write(input_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    refuse("writing to a child");
  }
}

void Child::end_input() {
  if (input_ >= 0) {
    ::close(std::exchange(input_, -1));
  }
}

bool Child::prints(std::string_view text) {
  while (true) {
    const std::size_t found = output_.find(text, waited_for_);
    if (found != std::string::npos) {
      waited_for_ = found + text.size();
      return true;
    }
    if (!read_more()) {
      return false;
    }
  }
}

int Child::ends() {
  end_input();
  while (read_more()) {
  }
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/// False at the end, which a terminal tells as an error, and of a child that is silent too long.
bool Child::read_more() {
  pollfd wanted{.fd = printed_, .events = POLLIN, .revents = 0};
  if (::poll(&wanted, 1, patience_ms) <= 0) {
    ::kill(pid_, SIGKILL);
    return false;
  }
  std::array<char, 4096> bytes{};
  const ssize_t size = ::read(printed_, bytes.data(), bytes.size());
  if (size <= 0) {
    return false;
  }
  output_.append(bytes.data(), static_cast<std::size_t>(size));
  return true;
}

}  // namespace arbees::testing
