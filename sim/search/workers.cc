#include "sim/search/workers.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>
#include <system_error>
#include <utility>

#include "sim/search/machine_clock.h"

namespace arbees::sim {
namespace {

/// A task under way and one behind it: the worker never waits for us.
constexpr std::size_t tasks_per_worker = 2;
/// A run that takes so long will not end.
constexpr std::int64_t hang_s = 300;
constexpr std::int64_t hang_ns = hang_s * 1'000'000'000;

struct TaskFrame {
  std::uint64_t index;
  std::uint64_t flag;
};
struct AnswerFrame {
  std::uint64_t index;
  std::uint64_t size;
};

/// False: the other side is gone.
bool write_all(int file, const void* data, std::size_t size) {
  const char* bytes = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t written = write(file, bytes, size);
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written <= 0) {
      return false;
    }
    bytes += written;
    size -= static_cast<std::size_t>(written);
  }
  return true;
}

bool read_all(int file, void* data, std::size_t size) {
  char* bytes = static_cast<char*>(data);
  while (size > 0) {
    const ssize_t got = read(file, bytes, size);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0) {
      return false;
    }
    bytes += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

std::string end_text(int status) {
  return WIFSIGNALED(status)
             ? std::string("the process was ended by signal ") + std::to_string(WTERMSIG(status))
             : "the process ended with exit code " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

WorkerPool::WorkerPool(unsigned workers, Task task) : task_(std::move(task)), workers_(workers) {
  std::signal(SIGPIPE, SIG_IGN);  // that a worker is gone, its answers say
  for (Worker& worker : workers_) {
    start(worker);
  }
}

WorkerPool::~WorkerPool() {
  for (Worker& worker : workers_) {
    close(std::exchange(worker.tasks, -1));
  }
  for (Worker& worker : workers_) {
    end(worker);
  }
}

void WorkerPool::end(Worker& worker) const {
  constexpr int patience_ms = 5'000;
  pollfd answers{.fd = worker.answers, .events = POLLIN, .revents = 0};
  char rest[4'096];
  while (poll(&answers, 1, patience_ms) > 0 && read(worker.answers, rest, sizeof rest) > 0) {
  }
  if (waitpid(worker.process, nullptr, WNOHANG) == 0) {
    kill(worker.process, SIGKILL);
    waitpid(worker.process, nullptr, 0);
  }
  close(worker.answers);
}

void WorkerPool::start(Worker& worker) {
  int tasks[2];
  int answers[2];
  if (pipe2(tasks, O_CLOEXEC) != 0 || pipe2(answers, O_CLOEXEC) != 0) {
    throw std::system_error(errno, std::generic_category(), "cannot make a pipe for a worker");
  }
  const pid_t parent = getpid();
  const pid_t process = fork();
  if (process < 0) {
    throw std::system_error(errno, std::generic_category(), "cannot start a worker");
  }
  if (process == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
      _exit(0);
    }
    // Ctrl-C goes to all of us, and so may what asks a job to end; the one that asked for runs decides.
    std::signal(SIGINT, SIG_IGN);
    std::signal(SIGTERM, SIG_IGN);
    for (const Worker& other : workers_) {
      close(other.tasks);
      close(other.answers);
    }
    close(tasks[1]);
    close(answers[0]);
    serve(tasks[0], answers[1]);
  }
  close(tasks[0]);
  close(answers[1]);
  worker = Worker{};
  worker.process = process;
  worker.tasks = tasks[1];
  worker.answers = answers[0];
}

void WorkerPool::serve(int tasks, int answers) {
  TaskFrame task{};
  while (read_all(tasks, &task, sizeof task)) {
    std::string text;
    try {
      text = task_(task.index, task.flag != 0);
    } catch (const std::exception& error) {
      std::string why = std::string("arbees-chaos: internal error: ") + error.what() + "\n";
      write_all(STDERR_FILENO, why.data(), why.size());
      _exit(70);
    }
    const AnswerFrame frame{.index = task.index, .size = text.size()};
    if (!write_all(answers, &frame, sizeof frame) ||
        !write_all(answers, text.data(), text.size())) {
      break;
    }
  }
  _exit(0);
}

bool WorkerPool::wants_task() const {
  return std::ranges::any_of(
      workers_, [](const Worker& worker) { return worker.given.size() < tasks_per_worker; });
}

void WorkerPool::send(Worker& worker, const Given& task) {
  if (worker.given.empty()) {
    worker.busy_since_ns = machine_ns();
  }
  worker.given.push_back(task);
  const TaskFrame frame{.index = task.index, .flag = task.flag ? 1U : 0U};
  // If the worker is gone, the task is answered when that is noticed.
  write_all(worker.tasks, &frame, sizeof frame);
}

void WorkerPool::give(std::uint64_t index, bool flag) {
  send(*std::ranges::min_element(workers_, {},
                                 [](const Worker& worker) { return worker.given.size(); }),
       {index, flag});
}

std::size_t WorkerPool::outstanding() const {
  std::size_t all = 0;
  for (const Worker& worker : workers_) {
    all += worker.given.size();
  }
  return all;
}

bool WorkerPool::receive(Worker& worker, std::vector<Answer>& answers) {
  char bytes[65'536];
  const ssize_t got = read(worker.answers, bytes, sizeof bytes);
  if (got < 0 && errno == EINTR) {
    return true;
  }
  if (got <= 0) {
    return false;
  }
  worker.received.append(bytes, static_cast<std::size_t>(got));
  AnswerFrame frame{};
  while (worker.received.size() >= sizeof frame) {
    std::memcpy(&frame, worker.received.data(), sizeof frame);
    if (worker.received.size() < sizeof frame + frame.size) {
      break;
    }
    answers.push_back(
        {.index = frame.index, .text = worker.received.substr(sizeof frame, frame.size)});
    worker.received.erase(0, sizeof frame + frame.size);
    worker.given.pop_front();
    worker.busy_since_ns = machine_ns();
  }
  return true;
}

/// A worker has ended: its first task did that; a new worker takes the others.
void WorkerPool::bury(Worker& worker, std::vector<Answer>& answers) {
  int status = 0;
  waitpid(worker.process, &status, 0);
  std::deque<Given> given = std::move(worker.given);
  close(std::exchange(worker.tasks, -1));
  close(std::exchange(worker.answers, -1));
  if (!given.empty()) {
    const std::string how = worker.hung ? "it did not end within " + std::to_string(hang_s) +
                                              " s, and its process was ended"
                                        : end_text(status);
    answers.push_back({.index = given.front().index, .text = how, .died = true});
    given.pop_front();
  }
  start(worker);
  for (const Given& task : given) {
    send(worker, task);
  }
}

std::vector<WorkerPool::Answer> WorkerPool::collect(int wait_ms) {
  std::vector<Answer> answers;
  std::vector<pollfd> files;
  for (Worker& worker : workers_) {
    if (!worker.given.empty() && machine_ns() - worker.busy_since_ns > hang_ns) {
      worker.hung = true;
      kill(worker.process, SIGKILL);
    }
    files.push_back({.fd = worker.answers, .events = POLLIN, .revents = 0});
  }
  if (poll(files.data(), files.size(), wait_ms) <= 0) {
    return answers;
  }
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (files[i].revents != 0 && !receive(workers_[i], answers)) {
      bury(workers_[i], answers);
    }
  }
  return answers;
}

}  // namespace arbees::sim
