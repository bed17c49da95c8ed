#pragma once

#include <compare>
#include <cstdint>
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

/// A limit of bytes per second that a fault put on something.
struct Narrowed {
  EventId fault;
  std::uint64_t bytes_per_second;

  /// How long so many bytes take.
  [[nodiscard]] Duration time_of(std::uint64_t bytes) const {
    return Duration(static_cast<std::int64_t>(bytes * 1'000'000'000U / bytes_per_second));
  }
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
  /// The fault whose latency holds now; none: it is as usual.
  [[nodiscard]] EventId slowed_by() const {
    return slowed_.empty() ? EventId{} : slowed_.back().fault;
  }
  /// Where connections opened now, and those that are there, vanish for good.
  [[nodiscard]] bool swallows() const { return !holes_.empty(); }
  [[nodiscard]] EventId swallowed_by() const { return swallows() ? holes_.front() : EventId{}; }
  /// The narrowest limit, if there is one.
  [[nodiscard]] const Narrowed* narrowest() const;
  /// The fault that cuts and merges what arrives; none: reads are as usual.
  [[nodiscard]] EventId chopped_by() const { return chops_.empty() ? EventId{} : chops_.front(); }
  /// The fault that waits for bytes in whose middle to break a connection.
  [[nodiscard]] EventId tears() const { return tears_.empty() ? EventId{} : tears_.front(); }

  void block(EventId fault) { blocks_.push_back(fault); }
  void slow(EventId fault, DurationRange range) { slowed_.push_back({fault, range}); }
  void swallow(EventId fault) { holes_.push_back(fault); }
  void narrow(EventId fault, std::uint64_t bytes_per_second) {
    narrowed_.push_back({fault, bytes_per_second});
  }
  void chop(EventId fault) { chops_.push_back(fault); }
  void tear(EventId fault) { tears_.push_back(fault); }
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
  std::vector<EventId> holes_;
  std::vector<Narrowed> narrowed_;
  std::vector<EventId> chops_;
  std::vector<EventId> tears_;
};

/// All directions. Those that no fault has touched share one link, which is as usual: what faults have done
/// is all that tells directions apart.
class Links {
 public:
  struct Touched {
    Link& link;
    bool first;  ///< it shared the usual link until now
  };

  explicit Links(DurationRange usual) : usual_(usual) {}
  // Links stay where they are for as long as this object lives.
  [[nodiscard]] const Link& get(LinkKey key) const {
    const auto found = touched_.find(key);
    return found == touched_.end() ? usual_ : found->second;
  }
  /// For a fault to change.
  [[nodiscard]] Touched touch(LinkKey key) {
    const auto [at, first] = touched_.try_emplace(key, usual_);
    return {.link = at->second, .first = first};
  }

 private:
  const Link usual_;
  std::map<LinkKey, Link> touched_;
};

}  // namespace arbees::sim
