#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/ports/process.h"

namespace boost::asio {
class io_context;
}

namespace arbees::prod {

/// The thread on which the core runs. One handler of the loop is one step; `run` is called by one thread
/// only, so steps never overlap and nothing in the core needs a lock. Other threads reach it by `post`.
class Loop final : public Process {
 public:
  Loop();
  ~Loop() override;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  [[nodiscard]] boost::asio::io_context& io();
  /// Queues a step. May be called from any thread.
  void post(std::function<void()> step);

  /// Takes steps until one of them calls `exit`. An exception that leaves a step leaves `run`.
  ExitCode run();
  /// The first call counts: the end has one reason.
  void exit(ExitCode code, std::string_view why) override;
  [[nodiscard]] const std::string& why() const { return why_; }

 private:
  class Io;
  std::unique_ptr<Io> io_;
  bool ending_ = false;
  ExitCode code_ = ExitCode::ok;
  std::string why_;
};

}  // namespace arbees::prod
