#pragma once

#include <cstddef>

#include "sim/engine/stream.h"
#include "sim/engine/time.h"

namespace arbees::sim {

/// What a simulated network is like where no fault says otherwise.
struct NetworkConfig {
  DurationRange latency{std::chrono::microseconds{200}, milliseconds{2}};  ///< one way, per segment
  std::size_t send_buffer = 256U << 10U;  ///< bytes a kernel takes before they are acknowledged
  std::size_t receive_buffer = 256U
                               << 10U;  ///< bytes a kernel keeps for a program that does not read
  /// Bytes that still leave while no acknowledgement comes back: Linux' initial window, 10 segments.
  std::size_t unacknowledged_burst = 14'480;
  /// TCP_USER_TIMEOUT of connecting programs: bytes unacknowledged that long end the connection.
  Duration user_timeout = seconds{20};
  /// The same for accepted connections: Linux' tcp_retries2 of 15, about 924.6 s.
  Duration accepted_timeout = milliseconds{924'600};
  /// After healing, held bytes pass at the next retransmission, drawn up to this long.
  Duration retransmit_max = milliseconds{200};
  /// How often a read ends in the middle of what arrived; the rest comes by itself.
  Ratio split{1, 16};
  Duration split_delay_max = milliseconds{1};
};

}  // namespace arbees::sim
