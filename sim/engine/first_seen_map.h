#pragma once

#include <cstddef>
#include <deque>
#include <unordered_map>
#include <utility>
#include <vector>

namespace arbees::sim {

/// A map that is looked up by hash and walked in the order in which keys were first seen: fast enough for
/// every signal of a large fleet, and the same walk in every run. Nothing is ever removed.
///
/// Signals come in rounds, so the key that followed a key last time is tried before the hash: with 20,000
/// games a hash costs several cache misses, the guess one.
template <class Key, class Value>
class FirstSeenMap {
 public:
  /// The value of `key`, default-made when first seen. Stays where it is.
  [[nodiscard]] Value& operator[](const Key& key) {
    if (!entries_.empty()) {
      if (entries_[last_].first == key) {
        return entries_[last_].second;
      }
      const std::size_t guess = next_[last_];
      if (entries_[guess].first == key) {
        last_ = guess;
        return entries_[guess].second;
      }
    }
    const auto [found, is_new] = places_.try_emplace(key, entries_.size());
    if (is_new) {
      entries_.emplace_back(key, Value{});
      next_.push_back(0);
    }
    next_[last_] = found->second;
    last_ = found->second;
    return entries_[last_].second;
  }
  [[nodiscard]] Value* find(const Key& key) {
    const auto found = places_.find(key);
    return found == places_.end() ? nullptr : &entries_[found->second].second;
  }
  [[nodiscard]] const Value* find(const Key& key) const {
    const auto found = places_.find(key);
    return found == places_.end() ? nullptr : &entries_[found->second].second;
  }

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] auto begin() { return entries_.begin(); }
  [[nodiscard]] auto end() { return entries_.end(); }
  [[nodiscard]] auto begin() const { return entries_.begin(); }
  [[nodiscard]] auto end() const { return entries_.end(); }

 private:
  std::unordered_map<Key, std::size_t> places_;
  std::deque<std::pair<Key, Value>> entries_;
  std::vector<std::size_t> next_;  ///< by place: the place that was asked for after it
  std::size_t last_ = 0;           ///< the place that was asked for last
};

}  // namespace arbees::sim
