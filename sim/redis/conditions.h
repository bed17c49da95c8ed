#pragma once

#include <string_view>

namespace arbees::sim::redis {

/// What is wrong with a server, as its host has it. Each makes it refuse what the real server refuses
/// then, in the real server's words; which commands that are, their flags say.
struct Conditions {
  bool loading = false;        ///< it reads its data set: LOADING
  bool out_of_memory = false;  ///< more used than maxmemory, and nothing it may evict: OOM
  bool cannot_save = false;    ///< the last snapshot failed: MISCONF
  bool read_only = false;      ///< a replica without a failover of ours: READONLY
  bool master_away = false;    ///< a replica with replica-serve-stale-data no: MASTERDOWN
  bool busy = false;           ///< a script does not come to its end: BUSY
  bool full = false;           ///< maxclients is reached: who connects now is told and sent away

  friend bool operator==(const Conditions&, const Conditions&) = default;
};

inline constexpr std::string_view loading_error = "LOADING Redis is loading the dataset in memory";
inline constexpr std::string_view out_of_memory_error =
    "OOM command not allowed when used memory > 'maxmemory'.";
inline constexpr std::string_view cannot_save_error =
    "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to "
    "disk. Commands that may modify the data set are disabled, because this instance is configured "
    "to report errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error "
    "option). "
    "Please check the Redis logs for details about the RDB error.";
inline constexpr std::string_view read_only_error =
    "READONLY You can't write against a read only replica.";
inline constexpr std::string_view master_away_error =
    "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.";
inline constexpr std::string_view busy_error =
    "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.";

}  // namespace arbees::sim::redis
