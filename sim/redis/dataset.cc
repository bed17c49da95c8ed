#include "sim/redis/dataset.h"

#include <array>

#include "core/base/assert.h"

namespace arbees::sim::redis {

const Entry* Dataset::find(DatabaseIndex database, std::string_view key) {
  Keys& keys = databases_.at(database).keys;
  const auto found = keys.find(key);
  if (found == keys.end()) {
    return nullptr;
  }
  if (found->second.expires && *found->second.expires < now_) {
    if (ends_keys_) {
      expire(database, found);
    }
    return nullptr;
  }
  return &found->second;
}

const Entry* Dataset::read(DatabaseIndex database, std::string_view key) {
  const Entry* entry = find(database, key);
  ++(entry != nullptr ? stats_.hits : stats_.misses);
  return entry;
}

bool Dataset::is_over(DatabaseIndex database, std::string_view key) const {
  const Keys& keys = databases_.at(database).keys;
  const auto found = keys.find(key);
  return found != keys.end() && found->second.expires && *found->second.expires < now_;
}

void Dataset::put(DatabaseIndex database, std::string_view key, std::string value,
                  std::optional<UnixMs> expires) {
  Database& held = databases_.at(database);
  auto entry = held.keys.find(key);
  if (entry == held.keys.end()) {
    entry = held.keys.emplace(key, Entry{}).first;
  }
  entry->second.value = std::move(value);
  set_end(held, entry, expires);
  watches_.touch(database, key, Watches::Change::made);
}

void Dataset::set_expires(DatabaseIndex database, std::string_view key,
                          std::optional<UnixMs> expires) {
  Database& held = databases_.at(database);
  const auto entry = held.keys.find(key);
  ensure(entry != held.keys.end(), "only a key that is there gets an end");
  set_end(held, entry, expires);
  watches_.touch(database, key, Watches::Change::made);
}

bool Dataset::remove(DatabaseIndex database, std::string_view key) {
  Keys& keys = databases_.at(database).keys;
  const auto found = keys.find(key);
  if (found == keys.end()) {
    return false;
  }
  erase(database, found);
  return true;
}

std::size_t Dataset::flush(DatabaseIndex database) {
  Database& held = databases_.at(database);
  for (const std::string& key : watches_.watched(database)) {
    if (held.keys.contains(key)) {
      watches_.touch(database, key, Watches::Change::vanished);
    }
  }
  const std::size_t count = held.keys.size();
  held = Database();
  return count;
}

void Dataset::sweep() {
  if (!ends_keys_) {
    return;
  }
  for (DatabaseIndex database = 0; database < databases(); ++database) {
    Database& held = databases_[database];
    while (!held.ends.empty() && held.ends.begin()->first < now_) {
      expire(database, held.keys.find(held.ends.begin()->second));
      end_unit();
    }
  }
}

Dataset::Expiring Dataset::expiring(DatabaseIndex database) const {
  const Database& held = databases_.at(database);
  UnixMs sum = 0;
  for (const auto& [end, key] : held.ends) {
    sum += end > now_ ? end - now_ : 0;
  }
  const std::size_t count = held.ends.size();
  return {count, count == 0 ? 0 : sum / static_cast<UnixMs>(count)};
}

void Dataset::propagate(DatabaseIndex database, std::span<const std::string_view> words) {
  if (listener_ != nullptr) {
    unit_.push_back({database, {words.begin(), words.end()}});
  }
}

void Dataset::end_unit() {
  if (!unit_.empty()) {
    const std::vector<Write> unit = std::exchange(unit_, {});
    listener_->on_writes(unit);
  }
}

void Dataset::restart() {
  for (Database& database : databases_) {
    database = Database();
  }
  watches_.clear();
  unit_.clear();
}

void Dataset::erase(DatabaseIndex database, Keys::iterator entry) {
  Database& held = databases_.at(database);
  set_end(held, entry, std::nullopt);
  const std::string key = entry->first;
  held.keys.erase(entry);
  watches_.touch(database, key, Watches::Change::vanished);
}

void Dataset::expire(DatabaseIndex database, Keys::iterator entry) {
  const std::string key = entry->first;
  erase(database, entry);
  ++stats_.expired;
  propagate(database, std::array<std::string_view, 2>{"DEL", key});
}

void Dataset::set_end(Database& database, Keys::iterator entry, std::optional<UnixMs> expires) {
  std::optional<UnixMs>& end = entry->second.expires;
  if (end) {
    database.ends.erase({*end, entry->first});
  }
  end = expires;
  if (end) {
    database.ends.emplace(*end, entry->first);
  }
}

}  // namespace arbees::sim::redis
