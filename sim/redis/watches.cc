#include "sim/redis/watches.h"

#include <algorithm>

#include "core/base/assert.h"

namespace arbees::sim::redis {

void Watches::watch(Watcher& watcher, DatabaseIndex database, std::string_view key,
                    bool already_over) {
  std::pair<DatabaseIndex, std::string> place(database, key);
  if (std::ranges::find(watcher.keys_, place) != watcher.keys_.end()) {
    return;
  }
  watches_[database][place.second].push_back({&watcher, already_over});
  watcher.keys_.push_back(std::move(place));
}

void Watches::unwatch(Watcher& watcher) {
  for (const auto& [database, key] : watcher.keys_) {
    Keys& keys = watches_[database];
    const auto found = keys.find(key);
    ensure(found != keys.end(), "what a client watches is in the index");
    std::erase_if(found->second, [&](const Watch& watch) { return watch.watcher == &watcher; });
    if (found->second.empty()) {
      keys.erase(found);
    }
  }
  watcher.keys_.clear();
  watcher.saw_change_ = false;
}

void Watches::touch(DatabaseIndex database, std::string_view key, Change change) {
  const auto keys = watches_.find(database);
  if (keys == watches_.end()) {
    return;
  }
  const auto found = keys->second.find(key);
  if (found == keys->second.end()) {
    return;
  }
  for (Watch& watch : found->second) {
    if (watch.already_over && change == Change::vanished) {
      watch.already_over = false;
    } else {
      watch.watcher->saw_change_ = true;
    }
  }
}

std::vector<std::string> Watches::watched(DatabaseIndex database) const {
  std::vector<std::string> names;
  if (const auto keys = watches_.find(database); keys != watches_.end()) {
    for (const auto& [key, watchers] : keys->second) {
      names.push_back(key);
    }
  }
  return names;
}

bool Watches::watched_when_over(const Watcher& watcher, DatabaseIndex database,
                                std::string_view key) const {
  const auto& watches = watches_.at(database).find(key)->second;
  const auto found = std::ranges::find(watches, &watcher, &Watch::watcher);
  return found != watches.end() && found->already_over;
}

}  // namespace arbees::sim::redis
