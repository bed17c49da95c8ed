#include "core/wire/timestamp.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>

namespace arbees::wire {
namespace {

constexpr std::string_view utc_offset = "+00:00";

void append_padded(std::string& out, std::uint64_t value, std::size_t width) {
  const std::string digits = std::to_string(value);
  if (digits.size() < width) {
    out.append(width - digits.size(), '0');
  }
  out += digits;
}

/// Reads a text from its front.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool take(char expected) {
    if (rest_.empty() || rest_.front() != expected) {
      return false;
    }
    rest_.remove_prefix(1);
    return true;
  }
  [[nodiscard]] std::optional<unsigned> digit() {
    if (rest_.empty() || rest_.front() < '0' || rest_.front() > '9') {
      return std::nullopt;
    }
    const auto value = static_cast<unsigned>(rest_.front() - '0');
    rest_.remove_prefix(1);
    return value;
  }
  /// Exactly `digits` of them, as a number from `least` to `most`.
  [[nodiscard]] std::optional<unsigned> number(int digits, unsigned least, unsigned most) {
    unsigned value = 0;
    for (int i = 0; i < digits; ++i) {
      const auto next = digit();
      if (!next) {
        return std::nullopt;
      }
      value = value * 10 + *next;
    }
    return value >= least && value <= most ? std::optional(value) : std::nullopt;
  }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

std::optional<std::chrono::sys_days> take_date(Cursor& text) {
  using namespace std::chrono;
  // Years that fit 64-bit nanoseconds.
  const auto y = text.number(4, 1'970, 2'200);
  const bool to_month = text.take('-');
  const auto m = text.number(2, 1, 12);
  const bool to_day = text.take('-');
  const auto d = text.number(2, 1, 31);
  if (!y || !m || !d || !to_month || !to_day) {
    return std::nullopt;
  }
  const year_month_day date{year{static_cast<int>(*y)}, month{*m}, day{*d}};
  return date.ok() ? std::optional(sys_days{date}) : std::nullopt;
}

std::optional<Duration> take_time_of_day(Cursor& text) {
  const auto h = text.number(2, 0, 23);
  const bool to_minute = text.take(':');
  const auto m = text.number(2, 0, 59);
  const bool to_second = text.take(':');
  const auto s = text.number(2, 0, 60);
  if (!h || !m || !s || !to_minute || !to_second) {
    return std::nullopt;
  }
  Duration time = seconds{(*h * 60 + *m) * 60 + *s};
  if (text.take('.')) {
    Duration place = seconds{1};
    while (const auto digit = text.digit()) {
      place /= 10;
      time += place * *digit;
    }
  }
  return time;
}

/// What UTC is behind the zone that follows.
std::optional<Duration> take_offset(Cursor& text) {
  if (text.at_end() || text.take('Z')) {
    return Duration{0};
  }
  const bool east = text.take('+');
  if (!east && !text.take('-')) {
    return std::nullopt;
  }
  const auto h = text.number(2, 0, 23);
  const bool to_minute = text.take(':');
  const auto m = text.number(2, 0, 59);
  if (!h || !m || !to_minute) {
    return std::nullopt;
  }
  const Duration offset = minutes{*h * 60 + *m};
  return east ? offset : -offset;
}

}  // namespace

std::string to_rfc3339(WallTime time) {
  using namespace std::chrono;
  const auto since_epoch = time.time_since_epoch();
  const auto days_since_epoch = floor<days>(since_epoch);
  const year_month_day date{sys_days{days_since_epoch}};
  const auto of_day = static_cast<std::uint64_t>((since_epoch - days_since_epoch).count());

  constexpr std::uint64_t nanos_per_second = 1'000'000'000;
  const std::uint64_t second_of_day = of_day / nanos_per_second;
  std::string out;
  out.reserve(35);
  append_padded(out, static_cast<std::uint64_t>(static_cast<int>(date.year())), 4);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.day()), 2);
  out += 'T';
  append_padded(out, second_of_day / 3'600, 2);
  out += ':';
  append_padded(out, second_of_day / 60 % 60, 2);
  out += ':';
  append_padded(out, second_of_day % 60, 2);
  out += '.';
  append_padded(out, of_day % nanos_per_second, 9);
  out += utc_offset;
  return out;
}

std::string to_rfc3339_zulu(WallTime time) {
  std::string out = to_rfc3339(time);
  out.replace(out.size() - utc_offset.size(), utc_offset.size(), "Z");
  return out;
}

std::optional<WallTime> parse_timestamp(std::string_view text) {
  Cursor cursor(text);
  const auto date = take_date(cursor);
  if (!date || !cursor.take('T')) {
    return std::nullopt;
  }
  const auto time = take_time_of_day(cursor);
  const auto offset = time ? take_offset(cursor) : std::nullopt;
  if (!offset || !cursor.at_end()) {
    return std::nullopt;
  }
  return WallTime(date->time_since_epoch()) + *time - *offset;
}

}  // namespace arbees::wire
