#include "prod/asio/loop.h"

#include <utility>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

namespace arbees::prod {

class Loop::Io {
 public:
  // One thread runs it, others only post: the concurrency hint 1 says exactly that.
  boost::asio::io_context context{1};
  // A program that waits for nothing at the moment is not at its end.
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{
      context.get_executor()};
};

Loop::Loop() : io_(std::make_unique<Io>()) {}
Loop::~Loop() = default;

boost::asio::io_context& Loop::io() { return io_->context; }

void Loop::post(std::function<void()> step) { boost::asio::post(io_->context, std::move(step)); }

ExitCode Loop::run() {
  io_->context.run();
  return code_;
}

void Loop::exit(ExitCode code, std::string_view why) {
  if (ending_)
    return;
  ending_ = true;
  code_ = code;
  why_ = why;
  // Returns from `run` after the handler that is running now, before any other that is ready.
  io_->context.stop();
}

}  // namespace arbees::prod
