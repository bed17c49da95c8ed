#include "core/ports/transport.h"

namespace arbees {

std::string_view to_string(CloseReason reason) {
  switch (reason) {
    case CloseReason::refused: return "refused";
    case CloseReason::unreachable: return "unreachable";
    case CloseReason::reset: return "reset";
    case CloseReason::end_of_stream: return "end_of_stream";
    case CloseReason::write_timed_out: return "write_timed_out";
    case CloseReason::untrusted: return "untrusted";
  }
  return "unknown";
}

}  // namespace arbees
