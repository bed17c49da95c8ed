#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace arbees::fuzz {

/// The bytes of one run, read from the front. Where they end, zeros follow.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size)
      : rest_(reinterpret_cast<const char*>(data), size) {}

  [[nodiscard]] bool empty() const { return rest_.empty(); }
  [[nodiscard]] std::string_view rest() const { return rest_; }

  char letter() {
    const char first = rest_.empty() ? '\0' : rest_.front();
    rest_.remove_prefix(rest_.empty() ? 0 : 1);
    return first;
  }
  /// Printable bytes count from the digit 0, so that inputs are text people can write: '0' is 0, 'A' is 17.
  std::size_t number() {
    return static_cast<std::uint8_t>(static_cast<std::uint8_t>(letter()) - std::uint8_t{'0'});
  }
  std::string_view text(std::size_t size) {
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  /// Up to the next line end, which is read past.
  std::string_view line() {
    const std::string_view taken = rest_.substr(0, rest_.find('\n'));
    rest_.remove_prefix(std::min(rest_.size(), taken.size() + 1));
    return taken;
  }

 private:
  std::string_view rest_;
};

}  // namespace arbees::fuzz
