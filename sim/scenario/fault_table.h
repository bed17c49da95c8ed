#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "sim/scenario/shape.h"

namespace arbees::sim {

enum class FaultKind : std::uint8_t {
  crash,
  restart,
  rolling_upgrade,
  pause,
  suspend,
  slow,
  second_process,
  check_failing,
  wall_jump,
  clock_drift,
  redis_down,
  redis_frozen,
  redis_restart,
  redis_refuse,
  redis_flapping,
  redis_loading,
  redis_oom,
  redis_misconf,
  redis_readonly,
  redis_busy,
  redis_full,
  redis_password,
  redis_no_channels,
  redis_slow,
  redis_flood,
  redis_replies_lost,
  redis_messages_lost,
  redis_messages_duplicated,
  redis_messages_delayed,
  redis_clients_killed,
  hostile_messages,
  partition,
  partition_one_way,
  latency,
  connection_reset,
  isolate,
  swizzle,
  jitter,
  black_hole,
  bandwidth,
  chop_reads,
  reset_mid_frame,
  slow_reader,
  store_slow,
  store_error,
  store_out,
  disk_full,
  store_locked,
  power_loss,
  store_restored
};

/// A row of the table that `arbees-chaos list faults` shows and scenario files are checked against.
struct FaultRow {
  FaultKind kind;
  std::string_view name;
  std::string_view doc;         ///< what it does
  std::string_view stands_for;  ///< the real event it imitates
  ShapePtr shape;               ///< of its object in a scenario file
};

[[nodiscard]] std::span<const FaultRow> fault_table();
[[nodiscard]] const FaultRow& fault_row(FaultKind kind);

}  // namespace arbees::sim
