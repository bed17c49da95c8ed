#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/redis/address.h"

namespace arbees::sim::redis {

/// A replica's side of the handshake with its master: one request after the other, then the data.
///
///   PING  REPLCONF listening-port  REPLCONF ip-address  REPLCONF capa  PSYNC  data  stream
class MasterLink {
 public:
  /// What a step of the handshake came to.
  struct Step {
    std::string say;        ///< to the master
    bool failed = false;    ///< the master will not have it: hang up
    bool complete = false;  ///< the data is there; `rest` belongs to the stream
    std::string_view rest;
  };

  explicit MasterLink(Address own) : own_(std::move(own)) {}

  [[nodiscard]] std::string greeting() const;
  /// `bytes` must live as long as `rest` is used.
  [[nodiscard]] Step hear(std::string_view bytes);

  [[nodiscard]] bool receiving() const { return state_ == State::data || state_ == State::size; }
  [[nodiscard]] const std::string& data() const { return buffer_; }
  [[nodiscard]] const std::string& history() const { return history_; }
  [[nodiscard]] std::uint64_t offset() const { return offset_; }

 private:
  enum class State : std::uint8_t { pong, port_ok, address_ok, capabilities_ok, sync, size, data };

  /// The request that follows the reply `line`; nothing if that is not what was expected.
  [[nodiscard]] std::optional<std::string> next_request(std::string_view line);

  Address own_;
  State state_ = State::pong;
  std::string buffer_;  ///< an unfinished line; then the data
  std::size_t size_ = 0;
  std::string history_;
  std::uint64_t offset_ = 0;
};

}  // namespace arbees::sim::redis
