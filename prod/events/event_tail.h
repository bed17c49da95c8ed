#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "prod/events/recorder.h"

namespace arbees::prod {

/// Remembers the last events, all severities, for the moment something is wrong that cannot be.
class EventTail final : public EventOutput {
 public:
  static constexpr std::size_t kept = 200;

  EventTail() : lines_(kept) {}

  void take(const Envelope& envelope, WallTime wall) override;
  /// The remembered events, oldest first, one a line.
  [[nodiscard]] std::string text() const;

 private:
  std::vector<std::string> lines_;  ///< a ring; the strings keep their memory
  std::size_t next_ = 0;
};

/// Makes failed assertions print themselves and `tail` on stderr before the process ends with 70. The tail
/// must live as long as the program's core; null: assertions print only themselves.
void print_tail_on_assertion(const EventTail* tail);

/// The same for an error that no step caught: prints `what` and the tail.
void print_internal_error(std::string_view what);

}  // namespace arbees::prod
