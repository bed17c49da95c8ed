#include "sim/metrics/metrics.h"

#include <algorithm>
#include <array>

#include "core/base/assert.h"
#include "core/settings/decimal.h"

namespace arbees::sim {
namespace {

using Unit = MetricRow::Unit;
using Figure = std::optional<std::uint64_t>;

Figure span_figure(std::optional<Duration> span) {
  return span ? Figure(static_cast<std::uint64_t>(span->count())) : std::nullopt;
}

constexpr std::array<MetricRow, 14> table{{
    {"detection_ms", Unit::milliseconds, "longest time from the last heartbeat heard to shard_died",
     [](const RunMetrics& m) { return span_figure(m.detection); }},
    {"recovery_ms", Unit::milliseconds,
     "longest time from a fault to the acknowledgement of the last game it affected",
     [](const RunMetrics& m) { return span_figure(m.recovery); }},
    {"takeover_ms", Unit::milliseconds,
     "longest time from a dead shard's last heartbeat to the acknowledgement of the last of its "
     "games",
     [](const RunMetrics& m) { return span_figure(m.takeover); }},
    {"reassignment_ms", Unit::milliseconds,
     "longest time from shard_died to the command that gives away the last of its games",
     [](const RunMetrics& m) { return span_figure(m.reassignment); }},
    {"dark_game_seconds", Unit::seconds, "time nobody could emit for a game, summed over games",
     [](const RunMetrics& m) { return span_figure(m.dark); }},
    {"longest_dark_ms", Unit::milliseconds,
     "longest time at a stretch nobody had the right to emit for a game, once somebody had",
     [](const RunMetrics& m) { return span_figure(m.longest_dark); }},
    {"duplicate_owner_game_seconds", Unit::seconds,
     "time more than one could emit for a game, summed over games",
     [](const RunMetrics& m) { return span_figure(m.duplicate_owner); }},
    {"signals_emitted", Unit::count, "signals that left a shard",
     [](const RunMetrics& m) { return Figure(m.signals_emitted); }},
    {"signals_delivered", Unit::count, "signals the consumer took",
     [](const RunMetrics& m) { return Figure(m.signals_delivered); }},
    {"signals_lost", Unit::count, "signals the consumer neither took nor refused",
     [](const RunMetrics& m) { return Figure(m.signals_lost); }},
    {"signals_duplicated", Unit::count, "signals the consumer took twice",
     [](const RunMetrics& m) { return Figure(m.signals_duplicated); }},
    {"heartbeats_heard", Unit::count, "heartbeats that the orchestrator took",
     [](const RunMetrics& m) { return Figure(m.heartbeats_heard); }},
    {"heartbeats_lost", Unit::count, "heartbeats sent and never heard",
     [](const RunMetrics& m) { return Figure(m.heartbeats_lost); }},
    {"alerts", Unit::count, "alerts raised",
     [](const RunMetrics& m) { return Figure(m.alerts.size()); }},
}};

Duration unit_length(Unit unit) {
  ensure(unit != Unit::count, "counts have no unit of time");
  return unit == Unit::seconds ? Duration(seconds{1}) : Duration(milliseconds{1});
}

}  // namespace

std::span<const MetricRow> metric_table() { return table; }

const MetricRow* find_metric(std::string_view name) {
  const auto found = std::ranges::find(table, name, &MetricRow::name);
  return found == table.end() ? nullptr : &*found;
}

std::vector<std::string> metric_names() {
  std::vector<std::string> names;
  for (const MetricRow& row : table) {
    names.emplace_back(row.name);
  }
  return names;
}

std::string metric_text(const MetricRow& row, std::uint64_t value) {
  return row.unit == Unit::count
             ? std::to_string(value)
             : decimal_text(Duration(static_cast<std::int64_t>(value)), unit_length(row.unit));
}

std::optional<std::uint64_t> parse_metric(const MetricRow& row, std::string_view text) {
  if (row.unit == Unit::count) {
    return parse_count(text);
  }
  const std::optional<Duration> span = parse_decimal(text, unit_length(row.unit));
  return span ? std::optional(static_cast<std::uint64_t>(span->count())) : std::nullopt;
}

}  // namespace arbees::sim
