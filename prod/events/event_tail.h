#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "prod/events/recorder.h"

namespace arbees::prod {

/// Remembers the last events, all severities, for the moment something is wrong that cannot be.
class EventTail final : public EventOutput {
 public:
  static constexpr std::size_t kept = 200;

  EventTail() : events_(kept) {}

  void take(const Envelope& envelope, WallTime wall) override;
  /// The remembered events, oldest first, one a line.
  [[nodiscard]] std::string text() const;

 private:
  /// Packed: text is made of it only when somebody reads.
  struct Event {
    WallTime wall{};
    EventId id;  ///< none: nothing was kept here yet
    EventId cause;
    std::string_view name;  ///< of the type, which is there for ever
    std::string fields;     ///< keeps its memory
  };

  std::vector<Event> events_;  ///< a ring
  std::size_t next_ = 0;
};

/// Makes failed assertions print themselves and `tail` on stderr before the process ends with 70. The tail
/// must live as long as the program's core; null: assertions print only themselves.
void print_tail_on_assertion(const EventTail* tail);

/// The same for an error that no step caught: prints `what` and the tail.
void print_internal_error(std::string_view what);

}  // namespace arbees::prod
