#pragma once

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

namespace arbees::sim {

/// Runs numbered tasks in processes of its own, each forked from this one, so that a world that breaks its
/// process breaks nothing else, and nothing is shared.
class WorkerPool {
 public:
  /// Made in a worker: the answer to a task. `flag` is passed on as given.
  using Task = std::function<std::string(std::uint64_t index, bool flag)>;

  struct Answer {
    std::uint64_t index = 0;
    std::string text;
    bool died = false;  ///< the worker ended during this task; the text says how
  };

  WorkerPool(unsigned workers, Task task);
  /// Lets the workers finish what they are at, unless they hang.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Whether a worker has room for another task.
  [[nodiscard]] bool wants_task() const;
  void give(std::uint64_t index, bool flag);
  /// Tasks that were given and not answered.
  [[nodiscard]] std::size_t outstanding() const;
  /// Waits up to `wait_ms` for answers. A task whose worker died is answered with `died`; those that waited
  /// behind it are given to another one.
  [[nodiscard]] std::vector<Answer> collect(int wait_ms);

 private:
  struct Given {
    std::uint64_t index;
    bool flag;
  };
  struct Worker {
    pid_t process = -1;
    int tasks = -1;    ///< we write
    int answers = -1;  ///< we read
    std::deque<Given> given;
    std::string received;
    std::int64_t busy_since_ns = 0;
    bool hung = false;  ///< was ended for it
  };

  void start(Worker& worker);
  [[noreturn]] void serve(int tasks, int answers);
  void send(Worker& worker, const Given& task);
  /// False: the worker has ended.
  bool receive(Worker& worker, std::vector<Answer>& answers);
  void bury(Worker& worker, std::vector<Answer>& answers);
  void end(Worker& worker) const;

  Task task_;
  std::vector<Worker> workers_;
};

}  // namespace arbees::sim
