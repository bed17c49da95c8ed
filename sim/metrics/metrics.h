#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/ids.h"
#include "core/base/time.h"

namespace arbees::sim {

struct AlertFigure {
  std::string type;
  std::string subject;
  Duration raised{};                 ///< since the start of the run
  std::optional<Duration> resolved;  ///< none: open at the end
};

/// What became of the faults of one kind.
struct FaultFigure {
  std::string kind;            ///< as scenario files name it
  std::uint64_t episodes = 0;  ///< how many were started
  std::uint64_t fired = 0;     ///< how many of them something came of
};

/// What a run amounts to, in figures.
struct RunMetrics {
  /// Longest time from the last heartbeat heard to the declaration of a death; none: nobody was declared
  /// dead.
  std::optional<Duration> detection;
  /// Longest time from a fault to the acknowledgement of the last game it took from its owner, or whose
  /// lease ran out because of it (sim/metrics/fleet_meter.h); none: no game was affected.
  std::optional<Duration> recovery;
  /// Longest time from the last heartbeat heard of a shard that was declared dead to the acknowledgement of the
  /// last of its games; none: no game of a dead shard was acknowledged.
  std::optional<Duration> takeover;
  /// Longest time from the declaration of a death to the command that gives away the last of the shard's games;
  /// none: none was given away.
  std::optional<Duration> reassignment;
  Duration dark{};  ///< sum over games of the time nobody could emit for them
  Duration
      longest_dark{};  ///< of one game at a stretch, once somebody could (sim/metrics/dark_meter.h)
  Duration duplicate_owner{};  ///< sum over games of the time more than one could
  std::uint64_t signals_emitted = 0;
  std::uint64_t signals_delivered = 0;
  std::uint64_t signals_lost = 0;
  std::uint64_t signals_duplicated = 0;
  std::uint64_t heartbeats_heard = 0;
  std::uint64_t heartbeats_lost = 0;
  std::vector<AlertFigure> alerts;
  std::vector<FaultFigure> faults;     ///< by kind
  std::vector<EventId> silent_faults;  ///< the FaultStarted of those that nothing came of
};

/// A figure that expectations can bound.
struct MetricRow {
  enum class Unit : std::uint8_t { count, milliseconds, seconds };
  std::string_view name;
  Unit unit;
  std::string_view doc;
  /// A count, or nanoseconds; none: there was nothing to measure.
  std::optional<std::uint64_t> (*value)(const RunMetrics& metrics);
};

[[nodiscard]] std::span<const MetricRow> metric_table();
[[nodiscard]] const MetricRow* find_metric(std::string_view name);
[[nodiscard]] std::vector<std::string> metric_names();
/// A value of that metric in its unit, as decimal: "60000", "1.5".
[[nodiscard]] std::string metric_text(const MetricRow& row, std::uint64_t value);
/// The other way round; none if it is no such value.
[[nodiscard]] std::optional<std::uint64_t> parse_metric(const MetricRow& row,
                                                        std::string_view text);

}  // namespace arbees::sim
