#include "prod/asio/boot_clock.h"

#include <cerrno>
#include <compare>
#include <cstdint>
#include <ctime>
#include <map>
#include <optional>
#include <system_error>
#include <utility>

#include <sys/timerfd.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>

#include "core/base/assert.h"

namespace arbees::prod {
namespace {

Duration read_clock(clockid_t id) {
  timespec now{};
  ensure(::clock_gettime(id, &now) == 0, "the system clock can be read");
  return seconds{now.tv_sec} + Duration{now.tv_nsec};
}

int open_timerfd() {
  const int fd = ::timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
  if (fd < 0)
    throw std::system_error(errno, std::generic_category(), "timerfd_create");
  return fd;
}

}  // namespace

/// The timers of one clock: a queue by deadline, and the timerfd that wakes the loop for its front.
class BootClock::Queue : public std::enable_shared_from_this<BootClock::Queue> {
 public:
  /// Deadline, then order of arming.
  struct Key {
    MonoTime due;
    std::uint64_t turn;
    friend auto operator<=>(const Key&, const Key&) = default;
  };

  explicit Queue(boost::asio::io_context& io) : io_(io), timerfd_(io, open_timerfd()) {}

  Key insert(MonoTime due, QueueTimer& timer) {
    const Key key{due, ++turns_};
    timers_.emplace(key, &timer);
    schedule();
    return key;
  }

  /// The timerfd may stay set for a timer that is gone: it then wakes the loop once for nothing, which
  /// costs less than setting it anew for every deadline that a heartbeat pushes back.
  void erase(const Key& key) { timers_.erase(key); }

  void close() {
    timers_.clear();
    boost::system::error_code ignored;
    timerfd_.close(ignored);
  }

 private:
  void schedule();
  void set_timerfd(MonoTime due);
  void wait();
  void fire_first();

  boost::asio::io_context& io_;
  boost::asio::posix::stream_descriptor timerfd_;
  std::map<Key, QueueTimer*> timers_;
  std::uint64_t turns_ = 0;
  std::optional<MonoTime> set_for_;
  bool waiting_ = false;
  bool posted_ = false;
};

class BootClock::QueueTimer final : public Timer {
 public:
  QueueTimer(std::shared_ptr<Queue> queue, std::function<void()> fire)
      : queue_(std::move(queue)),
        fire_(std::make_shared<const std::function<void()>>(std::move(fire))) {}
  ~QueueTimer() override { disarm(); }
  QueueTimer(const QueueTimer&) = delete;
  QueueTimer& operator=(const QueueTimer&) = delete;

  void arm(MonoTime due) override {
    disarm();
    key_ = queue_->insert(due, *this);
  }

  void disarm() override {
    if (key_)
      queue_->erase(*key_);
    key_.reset();
  }

  /// Called when the queue took it out. The callback is kept alive by what is returned: it may destroy
  /// the timer it belongs to.
  std::shared_ptr<const std::function<void()>> taken() {
    key_.reset();
    return fire_;
  }

 private:
  std::shared_ptr<Queue> queue_;
  std::shared_ptr<const std::function<void()>> fire_;
  std::optional<Queue::Key> key_;
};

void BootClock::Queue::schedule() {
  if (posted_ || timers_.empty() || !timerfd_.is_open())
    return;
  const MonoTime due = timers_.begin()->first.due;
  if (due <= MonoTime{read_clock(CLOCK_BOOTTIME)}) {
    posted_ = true;
    boost::asio::post(io_, [self = shared_from_this()] {
      self->posted_ = false;
      self->fire_first();
    });
  } else if (!set_for_ || due < *set_for_) {
    set_timerfd(due);
    wait();
  }
}

void BootClock::Queue::set_timerfd(MonoTime due) {
  // Absolute, and later than now: never the zero that would disarm it.
  const Duration since_boot = due.time_since_epoch();
  const auto whole = std::chrono::floor<seconds>(since_boot);
  itimerspec setting{};
  setting.it_value.tv_sec = whole.count();
  setting.it_value.tv_nsec = (since_boot - whole).count();
  const int rc = ::timerfd_settime(timerfd_.native_handle(), TFD_TIMER_ABSTIME, &setting, nullptr);
  ensure(rc == 0, "a timerfd takes any deadline after now");
  set_for_ = due;
}

void BootClock::Queue::wait() {
  if (waiting_)
    return;
  waiting_ = true;
  timerfd_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                      [self = shared_from_this()](const boost::system::error_code& error) {
                        if (error || !self->timerfd_.is_open())
                          return;
                        self->waiting_ = false;
                        std::uint64_t expirations = 0;
                        // Nothing to read only means that it was set anew in between.
                        [[maybe_unused]] const auto taken = ::read(
                            self->timerfd_.native_handle(), &expirations, sizeof expirations);
                        self->set_for_.reset();
                        if (!self->posted_)
                          self->fire_first();
                      });
}

void BootClock::Queue::fire_first() {
  if (timers_.empty())
    return;
  const auto first = timers_.begin();
  if (first->first.due > MonoTime{read_clock(CLOCK_BOOTTIME)}) {
    schedule();
    return;
  }
  const auto fire = first->second->taken();
  timers_.erase(first);
  schedule();
  (*fire)();
}

BootClock::BootClock(boost::asio::io_context& io) : queue_(std::make_shared<Queue>(io)) {}
BootClock::~BootClock() { queue_->close(); }

MonoTime BootClock::now() const { return MonoTime{read_clock(CLOCK_BOOTTIME)}; }
WallTime BootClock::wall_now() const { return WallTime{read_clock(CLOCK_REALTIME)}; }

std::unique_ptr<Timer> BootClock::make_timer(std::function<void()> fire) {
  return std::make_unique<QueueTimer>(queue_, std::move(fire));
}

}  // namespace arbees::prod
