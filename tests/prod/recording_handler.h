#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/ports/transport.h"

namespace arbees::prod {

/// More than any system keeps in its buffers between two sockets.
inline constexpr std::size_t more_than_buffers = std::size_t{32} << 20U;

/// Writes down what a connection says; a test may act from inside a call.
class RecordingHandler : public ConnectionHandler {
 public:
  void on_connected() override {
    ++calls;
    connected = true;
    if (when_connected)
      when_connected();
  }
  void on_data(std::string_view bytes) override {
    ++calls;
    data += bytes;
    largest = std::max(largest, bytes.size());
    if (when_data)
      when_data();
  }
  void on_drained() override {
    ++calls;
    ++drained;
    if (when_drained)
      when_drained();
  }
  void on_closed(CloseReason why, std::string_view text, EventId /*cause*/) override {
    ++calls;
    closed = why;
    detail = text;
    if (when_closed)
      when_closed();
  }

  int calls = 0;
  bool connected = false;
  std::string data;
  std::size_t largest = 0;
  int drained = 0;
  std::optional<CloseReason> closed;
  std::string detail;

  std::function<void()> when_connected;
  std::function<void()> when_data;
  std::function<void()> when_drained;
  std::function<void()> when_closed;
};

}  // namespace arbees::prod
