#pragma once

#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace arbees::prod {

/// SIGTERM and SIGINT. The first becomes a step of the loop, in which the program is asked to end in order.
/// The second ends the process at once with 128 + its number, also when the loop hangs in a step: it is
/// taken by the signal handler itself. SIGPIPE is ignored, because a log reader that left must not end us.
class TerminationSignals {
 public:
  /// Installs the handlers; one object at a time. `asked` gets the signal's number.
  TerminationSignals(boost::asio::io_context& io, std::function<void(int)> asked);
  /// Puts back what was there before.
  ~TerminationSignals();
  TerminationSignals(const TerminationSignals&) = delete;
  TerminationSignals& operator=(const TerminationSignals&) = delete;

 private:
  class Watch;
  std::shared_ptr<Watch> watch_;
};

}  // namespace arbees::prod
