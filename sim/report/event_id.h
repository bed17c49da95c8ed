#pragma once

#include <cstdint>
#include <string>

#include "core/base/ids.h"

namespace arbees::sim {

/// An event's id for people: the number of its recorder, and of the event among those: "3:17". An id of
/// the world, or of a file that counts through, is the bare number.
[[nodiscard]] inline std::string event_id_text(EventId id) {
  constexpr unsigned counter_bits = 33;  // as the recorders of both worlds give ids
  const std::uint64_t recorder = id.value() >> counter_bits;
  const std::string counter = std::to_string(id.value() & ((std::uint64_t{1} << counter_bits) - 1));
  return recorder == 0 ? counter : std::to_string(recorder) + ':' + counter;
}

}  // namespace arbees::sim
