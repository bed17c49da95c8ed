#include "tests/support/real_redis.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "tests/support/stream_socket.h"

namespace arbees::testing {
namespace {

constexpr milliseconds answers_within{10'000};
constexpr milliseconds moment{5};

std::filesystem::path make_folder() {
  std::string name = (std::filesystem::temp_directory_path() / "arbees-redis-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    throw std::runtime_error("no temporary folder " + name + ": " + std::strerror(errno));
  }
  return name;
}

bool readable_within(int fd, milliseconds patience) {
  pollfd wanted{.fd = fd, .events = POLLIN, .revents = 0};
  return ::poll(&wanted, 1, static_cast<int>(patience.count())) > 0;
}

}  // namespace

RealRedis::RealRedis(std::vector<std::string> arguments, RedisProgram program)
    : arguments_(std::move(arguments)),
      program_(program),
      folder_(make_folder()),
      socket_path_((folder_ / "socket").string()),
      port_(free_loopback_port()) {
  try {
    start();
  } catch (...) {
    std::filesystem::remove_all(folder_);
    throw;
  }
}

RealRedis::~RealRedis() {
  if (running()) {
    ::kill(process_, SIGKILL);
    reap();
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void RealRedis::start() {
  if (running()) {
    fail("start of a redis-server that runs: stop it first");
  }
  std::filesystem::remove(socket_path_);  // what a killed server leaves
  spawn();
  try {
    wait_until_it_answers();
  } catch (...) {
    if (running()) {
      ::kill(process_, SIGKILL);
      reap();
    }
    throw;
  }
}

std::vector<std::string> RealRedis::command_line() const {
  std::vector<std::string> words;
  if (program_ == RedisProgram::served_model) {
    words = {ARBEES_BIN_DIR "/arbees-chaos", "serve-redis", "--port",
             std::to_string(port_),          "--socket",    socket_path_};
  } else {
    words = {"redis-server",
             "--bind",
             "127.0.0.1",
             "--port",
             std::to_string(port_),
             "--unixsocket",
             socket_path_,
             "--dir",
             folder_.string(),
             "--logfile",
             (folder_ / "log").string(),
             "--save",
             "",
             "--appendonly",
             "no",
             "--daemonize",
             "no"};
  }
  words.insert(words.end(), arguments_.begin(), arguments_.end());
  return words;
}

void RealRedis::spawn() {
  std::vector<std::string> words = command_line();
  std::vector<char*> argv;
  for (std::string& word : words) {
    argv.push_back(word.data());
  }
  argv.push_back(nullptr);

  const std::string model_log = (folder_ / "log").string();
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) {
    fail(std::string("fork: ") + std::strerror(errno));
  }
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() == parent) {  // else it ended before it could be watched
      const int nowhere = ::open("/dev/null", O_RDWR);
      ::dup2(nowhere, STDIN_FILENO);
      ::dup2(nowhere, STDOUT_FILENO);
      if (program_ == RedisProgram::served_model) {
        ::dup2(::open(model_log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600), STDERR_FILENO);
      }
      ::execvp(argv[0], argv.data());
    }
    ::_exit(127);
  }
  process_ = child;
  process_fd_ = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
  if (process_fd_ < 0) {
    const std::string why = std::strerror(errno);
    ::kill(process_, SIGKILL);
    reap();
    fail("pidfd_open: " + why);
  }
}

void RealRedis::wait_until_it_answers() {
  const auto give_up = std::chrono::steady_clock::now() + answers_within;
  while (!answers()) {
    if (ended_within_a_moment()) {
      fail("redis-server ended at its start (is it installed? scripts/setup does that)");
    }
    if (std::chrono::steady_clock::now() > give_up) {
      fail("redis-server does not answer PING");
    }
  }
}

/// Watches the end of the process instead of sleeping between two attempts to connect.
bool RealRedis::ended_within_a_moment() {
  if (!readable_within(process_fd_, moment)) {
    return false;
  }
  reap();
  return true;
}

bool RealRedis::answers() const {
  try {
    StreamSocket socket = StreamSocket::connect_unix(socket_path_);
    socket.send("PING\r\n");
    socket.finish_sending();
    std::string reply;
    while (true) {
      const auto bytes = socket.receive(answers_within);
      if (!bytes) {
        return false;
      }
      if (bytes->empty()) {
        break;
      }
      reply += *bytes;
    }
    // A server with a password refuses, but it answers.
    return reply.starts_with("+PONG") || reply.starts_with("-NOAUTH");
  } catch (const std::system_error&) {
    return false;  // it does not listen yet
  }
}

void RealRedis::stop() { end_with(SIGTERM); }

void RealRedis::kill() { end_with(SIGKILL); }

void RealRedis::end_with(int number) {
  signal(number);
  if (!readable_within(process_fd_, answers_within)) {
    fail("redis-server does not end at signal " + std::to_string(number));
  }
  reap();
}

void RealRedis::freeze() {
  signal(SIGSTOP);
  const auto give_up = std::chrono::steady_clock::now() + answers_within;
  siginfo_t stood{};
  while (stood.si_pid != process_) {
    if (::waitid(P_PID, static_cast<id_t>(process_), &stood, WSTOPPED | WNOHANG) != 0 ||
        std::chrono::steady_clock::now() > give_up) {
      fail("redis-server does not stand still at SIGSTOP");
    }
    if (stood.si_pid != process_ && readable_within(process_fd_, moment)) {
      fail("redis-server ended before it could be frozen");
    }
  }
}

void RealRedis::thaw() { signal(SIGCONT); }

void RealRedis::signal(int number) const {
  if (!running()) {
    fail("signal " + std::to_string(number) + " to a redis-server that does not run");
  }
  ::kill(process_, number);
}

void RealRedis::reap() {
  while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
  }
  process_ = 0;
  if (process_fd_ >= 0) {
    ::close(std::exchange(process_fd_, -1));
  }
}

std::string RealRedis::log() const {
  std::ifstream file(folder_ / "log");
  return {std::istreambuf_iterator<char>(file), {}};
}

void RealRedis::fail(const std::string& what) const {
  const std::string text = log();
  const std::size_t shown = std::min<std::size_t>(text.size(), 2'000);
  throw std::runtime_error(what + "\nIts log ends with:\n" + text.substr(text.size() - shown));
}

}  // namespace arbees::testing
