#include "tests/real/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace arbees::real {
namespace {

[[noreturn]] void refuse(const std::string& doing) {
  throw std::system_error(errno, std::generic_category(), doing);
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> all;
  for (std::string& word : words) {
    all.push_back(word.data());
  }
  all.push_back(nullptr);
  return all;
}

/// The child's side of the fork: only calls that are allowed there.
[[noreturn]] void become(pid_t parent, int log, char* const* arguments, char* const* environment) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() == parent) {  // else it ended before it could be watched
    const int nowhere = ::open("/dev/null", O_RDWR);
    ::dup2(nowhere, STDIN_FILENO);
    ::dup2(nowhere, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    ::execve(arguments[0], arguments, environment);
  }
  ::_exit(127);
}

}  // namespace

Process::Process(const Command& command) {
  std::vector<std::string> arguments{command.program.string()};
  arguments.insert(arguments.end(), command.arguments.begin(), command.arguments.end());
  std::vector<std::string> environment;
  for (const auto& [name, value] : command.environment) {
    environment.push_back(name + "=" + value);
  }
#ifdef ARBEES_SANITIZED
  // What the child frees would stay with the sanitizer, and look like growth to who watches it.
  environment.emplace_back("ASAN_OPTIONS=quarantine_size_mb=1");
#endif
  const std::vector<char*> argv = pointers(arguments);
  const std::vector<char*> envp = pointers(environment);
  const int log = ::open(command.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (log < 0) {
    refuse("opening " + command.log.string());
  }
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) {
    become(parent, log, argv.data(), envp.data());
  }
  ::close(log);
  if (child < 0) {
    refuse("fork");
  }
  pid_ = child;
  fd_ = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
  if (fd_ < 0) {
    const int why = errno;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    errno = why;
    refuse("pidfd_open");
  }
}

Process::~Process() {
  if (!code_) {
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  ::close(fd_);
}

std::optional<int> Process::ended(Duration patience) {
  if (code_) {
    return code_;
  }
  pollfd end{.fd = fd_, .events = POLLIN, .revents = 0};
  const auto most = std::chrono::ceil<milliseconds>(patience);
  if (::poll(&end, 1, static_cast<int>(most.count())) <= 0) {
    return std::nullopt;
  }
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return code_;
}

void Process::kill() {
  ::kill(pid_, SIGKILL);
  if (!ended(seconds{10})) {
    throw std::runtime_error("process " + std::to_string(pid_) + " does not end at SIGKILL");
  }
}

Usage Process::usage() const {
  const std::string folder = "/proc/" + std::to_string(pid_);
  std::ifstream stat(folder + "/stat");
  std::string text;
  std::getline(stat, text);
  const std::size_t after_name = text.rfind(')');  // the name may hold anything
  if (after_name == std::string::npos) {
    throw std::runtime_error(folder + "/stat cannot be read; the process has ended");
  }
  // proc(5): after the name come eleven fields, then utime and stime, in ticks.
  std::istringstream fields(text.substr(after_name + 1));
  std::string skipped;
  for (int i = 0; i < 11; ++i) {
    fields >> skipped;
  }
  std::int64_t user = 0;
  std::int64_t system = 0;
  fields >> user >> system;
  std::ifstream statm(folder + "/statm");
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  statm >> total >> resident;
  const Duration tick = seconds{1} / ::sysconf(_SC_CLK_TCK);
  return {tick * (user + system), resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))};
}

}  // namespace arbees::real
