#include "core/base/assert.h"

#include <atomic>
#include <cstdlib>

namespace arbees {
namespace {

// The one mutable global of the core: an assertion can fail where no port is at hand.
std::atomic<AssertionReporter> installed_reporter{nullptr};

constexpr int exit_internal_error = 70;

}  // namespace

void set_assertion_reporter(AssertionReporter reporter) { installed_reporter.store(reporter); }

void assertion_failed(std::string_view text, const std::source_location& where) {
  if (AssertionReporter reporter = installed_reporter.exchange(nullptr); reporter != nullptr) {
    reporter(text, where);
  }
  std::_Exit(exit_internal_error);
}

}  // namespace arbees
