#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/redis/watches.h"
#include "sim/redis/writes.h"

namespace arbees::sim::redis {

/// Milliseconds of Unix time, as keys expire by.
using UnixMs = std::int64_t;

/// What a key holds.
struct Entry {
  std::string value;
  std::optional<UnixMs> expires;
};

/// All databases: keys in byte order, when they end, who watches them, and what changed.
///
/// The one place where data changes. A command makes its changes, then says them in the words of
/// `propagate`; what time does to keys, the dataset says itself. `end_unit` after each command,
/// transaction or sweep hands all of it on as one.
class Dataset {
 public:
  using Keys = std::map<std::string, Entry, std::less<>>;
  struct Stats {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    std::uint64_t expired = 0;
  };

  explicit Dataset(DatabaseIndex databases) : databases_(databases) {}

  /// Time stands still while a command runs.
  void set_now(UnixMs now) { now_ = now; }
  [[nodiscard]] UnixMs now() const { return now_; }
  /// A replica waits for its master to say that a key has ended; until then it only hides the key.
  void set_ends_keys(bool ends_keys) { ends_keys_ = ends_keys; }
  void set_listener(WriteListener* listener) { listener_ = listener; }

  /// What the key holds; null if there is no such key, or none any more. Lives until the next change.
  [[nodiscard]] const Entry* find(DatabaseIndex database, std::string_view key);
  /// The same, counted as a hit or a miss.
  [[nodiscard]] const Entry* read(DatabaseIndex database, std::string_view key);
  /// Whether the key is there and over its time. Ends nothing.
  [[nodiscard]] bool is_over(DatabaseIndex database, std::string_view key) const;

  void put(DatabaseIndex database, std::string_view key, std::string value,
           std::optional<UnixMs> expires = std::nullopt);
  void set_expires(DatabaseIndex database, std::string_view key, std::optional<UnixMs> expires);
  /// False if there is no such key.
  bool remove(DatabaseIndex database, std::string_view key);
  /// Empties one database, counting what was in it, ended keys included.
  std::size_t flush(DatabaseIndex database);

  /// Ends every key whose time is over, each as a unit of its own.
  void sweep();

  [[nodiscard]] const Keys& keys(DatabaseIndex database) const {
    return databases_.at(database).keys;
  }
  [[nodiscard]] DatabaseIndex databases() const {
    return static_cast<DatabaseIndex>(databases_.size());
  }
  /// How many keys of the database have an end, and how long these have on average from now.
  struct Expiring {
    std::size_t keys;
    UnixMs average_ttl;
  };
  [[nodiscard]] Expiring expiring(DatabaseIndex database) const;

  void propagate(DatabaseIndex database, std::span<const std::string_view> words);
  void end_unit();

  [[nodiscard]] Watches& watches() { return watches_; }
  [[nodiscard]] const Stats& stats() const { return stats_; }
  void reset_stats() { stats_ = {}; }
  /// The process came back empty. Stats stay.
  void restart();

 private:
  struct Database {
    Keys keys;
    std::set<std::pair<UnixMs, std::string>> ends;
  };

  void erase(DatabaseIndex database, Keys::iterator entry);
  void expire(DatabaseIndex database, Keys::iterator entry);
  static void set_end(Database& database, Keys::iterator entry, std::optional<UnixMs> expires);

  std::vector<Database> databases_;
  Watches watches_;
  std::vector<Write> unit_;
  WriteListener* listener_ = nullptr;
  Stats stats_;
  UnixMs now_ = 0;
  bool ends_keys_ = true;
};

}  // namespace arbees::sim::redis
