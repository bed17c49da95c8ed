#include "sim/redis/master_link.h"

#include <algorithm>
#include <cstdlib>

#include "core/redis/command.h"

namespace arbees::sim::redis {

using arbees::redis::append_command;

std::string MasterLink::greeting() const {
  std::string bytes;
  append_command(bytes, {"PING"});
  return bytes;
}

std::optional<std::string> MasterLink::next_request(std::string_view line) {
  const bool good = line.starts_with('+');
  std::string bytes;
  switch (state_) {
    case State::pong:
      state_ = State::port_ok;
      append_command(bytes, {"REPLCONF", "listening-port", std::to_string(own_.port)});
      break;
    case State::port_ok:
      state_ = State::address_ok;
      append_command(bytes, {"REPLCONF", "ip-address", own_.host});
      break;
    case State::address_ok:
      state_ = State::capabilities_ok;
      append_command(bytes, {"REPLCONF", "capa", "eof", "capa", "psync2"});
      break;
    case State::capabilities_ok:
      state_ = State::sync;
      append_command(bytes, {"PSYNC", "?", "-1"});
      break;
    case State::sync: {
      constexpr std::string_view full = "+FULLRESYNC ";
      const std::size_t blank = line.rfind(' ');
      if (!line.starts_with(full) || blank <= full.size()) {
        return std::nullopt;
      }
      history_ = line.substr(full.size(), blank - full.size());
      offset_ = std::strtoull(std::string(line.substr(blank + 1)).c_str(), nullptr, 10);
      state_ = State::size;
      return std::string();
    }
    case State::size:
      if (!line.starts_with('$')) {
        return std::nullopt;
      }
      size_ = std::strtoull(std::string(line.substr(1)).c_str(), nullptr, 10);
      state_ = State::data;
      return std::string();
    case State::data: return std::nullopt;
  }
  return good ? std::optional(bytes) : std::nullopt;
}

MasterLink::Step MasterLink::hear(std::string_view bytes) {
  Step step;
  while (state_ != State::data) {
    const std::size_t end = bytes.find('\n');
    buffer_ += bytes.substr(0, end);
    if (end == std::string_view::npos) {
      return step;
    }
    bytes.remove_prefix(end + 1);
    if (buffer_.ends_with('\r')) {
      buffer_.pop_back();
    }
    const std::optional<std::string> request = next_request(buffer_);
    buffer_.clear();
    if (!request) {
      step.failed = true;
      return step;
    }
    step.say += *request;
  }
  const std::size_t take = std::min(size_ - buffer_.size(), bytes.size());
  buffer_ += bytes.substr(0, take);
  step.complete = buffer_.size() == size_;
  step.rest = bytes.substr(take);
  return step;
}

}  // namespace arbees::sim::redis
