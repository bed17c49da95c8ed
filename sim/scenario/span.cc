#include "sim/scenario/span.h"

#include "core/events/event_text.h"
#include "core/settings/decimal.h"

namespace arbees::sim {
namespace {

struct Unit {
  std::string_view name;
  Duration length;
};

// "ms" and "us" before "s", which they end in.
constexpr Unit units[] = {
    {"us", std::chrono::microseconds{1}}, {"ms", milliseconds{1}}, {"s", seconds{1}}};

}  // namespace

std::optional<Duration> parse_span(std::string_view text) {
  for (const Unit& unit : units) {
    if (text.ends_with(unit.name)) {
      return parse_decimal(text.substr(0, text.size() - unit.name.size()), unit.length);
    }
  }
  // Minutes and hours are no powers of ten of a nanosecond: whole ones only.
  const bool is_minutes = text.ends_with('m');
  if (text.empty() || (!is_minutes && !text.ends_with('h'))) {
    return std::nullopt;
  }
  const std::optional<std::uint64_t> number = parse_count(text.substr(0, text.size() - 1));
  if (!number || *number > 1'000'000) {
    return std::nullopt;
  }
  return (is_minutes ? Duration(minutes{1}) : Duration(std::chrono::hours{1})) *
         static_cast<std::int64_t>(*number);
}

std::optional<DurationRange> parse_span_range(std::string_view text) {
  const std::size_t dots = text.find("..");
  const std::optional<Duration> lo = parse_span(text.substr(0, dots));
  const std::optional<Duration> hi =
      dots == std::string_view::npos ? lo : parse_span(text.substr(dots + 2));
  if (!lo || !hi || *lo > *hi) {
    return std::nullopt;
  }
  return DurationRange{*lo, *hi};
}

std::string span_text(Duration span) {
  std::string text;
  append_human_duration(text, span);
  return text;
}

std::string span_text(const DurationRange& range) {
  return range.lo == range.hi ? span_text(range.lo)
                              : span_text(range.lo) + ".." + span_text(range.hi);
}

}  // namespace arbees::sim
