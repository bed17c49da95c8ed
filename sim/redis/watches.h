#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/redis/writes.h"

namespace arbees::sim::redis {

/// The keys clients WATCH, and which of the clients saw one change since.
///
/// A key that was over its time when it was watched, but still there, may vanish without anybody
/// noticing: for the client it never existed.
class Watches {
 public:
  /// What a client watches; the server's side of it is kept in step.
  class Watcher {
   public:
    [[nodiscard]] bool saw_change() const { return saw_change_; }

   private:
    friend class Watches;
    std::vector<std::pair<DatabaseIndex, std::string>> keys_;
    bool saw_change_ = false;
  };

  /// Watching twice is watching once.
  void watch(Watcher& watcher, DatabaseIndex database, std::string_view key, bool already_over);
  /// Forgets what it watches and what it saw.
  void unwatch(Watcher& watcher);

  enum class Change : bool { made, vanished };
  void touch(DatabaseIndex database, std::string_view key, Change change);
  /// The keys of one database that somebody watches.
  [[nodiscard]] std::vector<std::string> watched(DatabaseIndex database) const;
  /// Whether a key the client watches meets `is_over` and did not when it was watched.
  template <class IsOver>
  [[nodiscard]] bool any_over(const Watcher& watcher, IsOver is_over) const {
    for (const auto& [database, key] : watcher.keys_) {
      if (!watched_when_over(watcher, database, key) && is_over(database, key)) {
        return true;
      }
    }
    return false;
  }
  void clear() { watches_.clear(); }

 private:
  struct Watch {
    Watcher* watcher;
    bool already_over;
  };
  using Keys = std::map<std::string, std::vector<Watch>, std::less<>>;

  [[nodiscard]] bool watched_when_over(const Watcher& watcher, DatabaseIndex database,
                                       std::string_view key) const;

  std::map<DatabaseIndex, Keys> watches_;
};

}  // namespace arbees::sim::redis
