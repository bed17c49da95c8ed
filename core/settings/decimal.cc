#include "core/settings/decimal.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "core/base/assert.h"

namespace arbees {
namespace {

bool all_digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::optional<std::uint64_t> parse_count(std::string_view text) {
  std::uint64_t value = 0;
  if (!all_digits(text)) {
    return std::nullopt;
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

std::optional<Duration> parse_decimal(std::string_view text, Duration unit) {
  const std::size_t point = text.find('.');
  const std::optional<std::uint64_t> whole = parse_count(text.substr(0, point));
  const auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const auto scale = static_cast<std::uint64_t>(unit.count());
  if (!whole || *whole > most / scale) {
    return std::nullopt;
  }
  std::uint64_t total = *whole * scale;
  if (point != std::string_view::npos) {
    const std::string_view decimals = text.substr(point + 1);
    if (!all_digits(decimals)) {
      return std::nullopt;
    }
    std::uint64_t weight = scale;
    for (const char digit : decimals) {
      weight /= 10;
      if (weight == 0 && digit != '0') {
        return std::nullopt;
      }
      total += weight * static_cast<std::uint64_t>(digit - '0');
    }
  }
  if (total > most) {
    return std::nullopt;
  }
  return Duration{static_cast<std::int64_t>(total)};
}

std::string decimal_text(Duration span, Duration unit) {
  ensure(span >= Duration{}, "a span to be written is not negative");
  std::string text = std::to_string(span / unit);
  std::int64_t rest = (span % unit).count();
  if (rest == 0) {
    return text;
  }
  text += '.';
  for (std::int64_t weight = unit.count() / 10; rest != 0; weight /= 10) {
    text += static_cast<char>('0' + rest / weight);
    rest %= weight;
  }
  return text;
}

}  // namespace arbees
