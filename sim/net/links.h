#pragma once

#include <compare>
#include <map>
#include <vector>

#include "core/base/ids.h"
#include "sim/engine/node_index.h"
#include "sim/engine/time.h"

namespace arbees::sim {

/// One direction between two nodes.
struct LinkKey {
  NodeIndex from;
  NodeIndex to;

  [[nodiscard]] LinkKey reversed() const { return {.from = to, .to = from}; }
  friend auto operator<=>(const LinkKey&, const LinkKey&) = default;
};

/// What faults have done to one direction. Faults may overlap, so each is kept until it is healed.
class Link {
 public:
  explicit Link(DurationRange usual) : usual_(usual) {}

  [[nodiscard]] bool blocked() const { return !blocks_.empty(); }
  /// The fault that blocked it first; none where nothing passes for another reason.
  [[nodiscard]] EventId blocked_by() const { return blocks_.empty() ? EventId{} : blocks_.front(); }
  [[nodiscard]] DurationRange latency() const {
    return slowed_.empty() ? usual_ : slowed_.back().range;
  }

  void block(EventId fault) { blocks_.push_back(fault); }
  void slow(EventId fault, DurationRange range) { slowed_.push_back({fault, range}); }
  /// Takes back what a fault did; true if that lets bytes pass again.
  bool heal(EventId fault);

 private:
  struct Slowed {
    EventId fault;
    DurationRange range;
  };

  DurationRange usual_;
  std::vector<EventId> blocks_;
  std::vector<Slowed> slowed_;
};

/// The directions anything has used or broken. Never one per pair of nodes.
class Links {
 public:
  explicit Links(DurationRange usual) : usual_(usual) {}
  /// Stays where it is for as long as this object lives.
  [[nodiscard]] Link& get(LinkKey key) { return links_.try_emplace(key, usual_).first->second; }

 private:
  DurationRange usual_;
  std::map<LinkKey, Link> links_;
};

}  // namespace arbees::sim
