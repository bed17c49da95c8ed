#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/assert.h"
#include "core/base/ids.h"

namespace arbees::sim {

/// What a judge remembers of each process, by the node that runs it, and by the shard whose name it has
/// (`Process::shard`, which stays): in a fleet of a thousand no beat may cost a look at each of them.
template <class Process>
class Processes {
  using ByNode = std::map<std::string, Process, std::less<>>;

 public:
  using Entry = typename ByNode::value_type;  ///< node and process

  /// Takes the place of what the node ran before.
  void put(std::string_view node, Process process) {
    erase(node);
    const auto [entry, is_new] = by_node_.emplace(std::string(node), std::move(process));
    ensure(is_new, "a node runs one process");
    by_shard_[entry->second.shard].push_back(&*entry);
  }
  void erase(std::string_view node) {
    if (const auto entry = by_node_.find(node); entry != by_node_.end()) {
      const auto of_shard = by_shard_.find(entry->second.shard);
      ensure(of_shard != by_shard_.end() && std::erase(of_shard->second, &*entry) == 1,
             "a process keeps its shard");
      by_node_.erase(entry);
    }
  }

  [[nodiscard]] Process* find(std::string_view node) {
    const auto entry = by_node_.find(node);
    return entry == by_node_.end() ? nullptr : &entry->second;
  }
  /// In the order in which they were put here.
  [[nodiscard]] const std::vector<Entry*>& of(const ShardId& shard) { return by_shard_[shard]; }
  [[nodiscard]] auto begin() { return by_node_.begin(); }
  [[nodiscard]] auto end() { return by_node_.end(); }

 private:
  ByNode by_node_;
  std::map<ShardId, std::vector<Entry*>> by_shard_;
};

}  // namespace arbees::sim
