#include "core/wire/timestamp.h"

#include <array>
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

}  // namespace arbees::wire
