#include "prod/asio/termination.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "core/base/assert.h"

namespace arbees::prod {
namespace {

// A signal handler reaches nothing but globals. Lock-free atomics are safe in it.
std::atomic<int> wake_fd{-1};
std::atomic<bool> asked_before{false};
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);

void on_signal(int number) {
  if (asked_before.exchange(true))
    ::_exit(128 + number);
  const int kept_errno = errno;
  const auto byte = static_cast<unsigned char>(number);
  [[maybe_unused]] const auto written = ::write(wake_fd.load(), &byte, 1);
  errno = kept_errno;
}

struct sigaction install(int number, void (*handler)(int)) {
  struct sigaction action = {};
  struct sigaction before = {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  ensure(::sigaction(number, &action, &before) == 0, "this signal can be handled");
  return before;
}

}  // namespace

class TerminationSignals::Watch : public std::enable_shared_from_this<TerminationSignals::Watch> {
 public:
  Watch(boost::asio::io_context& io, std::function<void(int)> asked)
      : pipe_(io), asked_(std::move(asked)) {
    ensure(wake_fd.load() < 0, "only one object listens for signals");
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
      throw std::system_error(errno, std::generic_category(), "pipe2");
    }
    pipe_.assign(ends[0]);
    asked_before = false;
    wake_fd = ends[1];
    before_term_ = install(SIGTERM, on_signal);
    before_int_ = install(SIGINT, on_signal);
    before_pipe_ = install(SIGPIPE, SIG_IGN);
  }

  void listen() {
    pipe_.async_read_some(
        boost::asio::buffer(&number_, 1),
        [self = shared_from_this()](const boost::system::error_code& error, std::size_t) {
          if (!error && self->pipe_.is_open())
            self->asked_(self->number_);
        });
  }

  void stop() {
    ::sigaction(SIGTERM, &before_term_, nullptr);
    ::sigaction(SIGINT, &before_int_, nullptr);
    ::sigaction(SIGPIPE, &before_pipe_, nullptr);
    ::close(wake_fd.exchange(-1));
    boost::system::error_code ignored;
    pipe_.close(ignored);
  }

 private:
  boost::asio::posix::stream_descriptor pipe_;
  std::function<void(int)> asked_;
  unsigned char number_ = 0;
  struct sigaction before_term_ = {};
  struct sigaction before_int_ = {};
  struct sigaction before_pipe_ = {};
};

TerminationSignals::TerminationSignals(boost::asio::io_context& io, std::function<void(int)> asked)
    : watch_(std::make_shared<Watch>(io, std::move(asked))) {
  watch_->listen();
}

TerminationSignals::~TerminationSignals() { watch_->stop(); }

}  // namespace arbees::prod
