#include "prod/asio/socket_errors.h"

#include <cerrno>

namespace arbees::prod {

CloseReason close_reason(int error, bool connected) {
  if (connected) {
    switch (error) {
      // TCP_USER_TIMEOUT and unanswered keepalive probes end alike.
      case ETIMEDOUT: return CloseReason::write_timed_out;
      case EHOSTUNREACH:
      case ENETUNREACH:
      case ENETDOWN: return CloseReason::unreachable;
      default: return CloseReason::reset;
    }
  }
  switch (error) {
    case ECONNREFUSED:
    case ENOENT:  // no such Unix socket
    case EAGAIN:  // a Unix socket whose queue of attempts is full
    case EACCES:
    case EPERM: return CloseReason::refused;
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE: return CloseReason::reset;
    default: return CloseReason::unreachable;
  }
}

}  // namespace arbees::prod
