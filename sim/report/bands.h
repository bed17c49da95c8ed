#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/ids.h"

namespace arbees::sim {

/// Something that was so from one moment to another.
struct Band {
  std::int64_t from_ns = 0;
  std::int64_t to_ns = 0;
  std::string kind;   ///< what was so; its meaning depends on the lane
  std::string label;  ///< for people
  EventId begin;      ///< the event that made it so; none if it was so from the start
  EventId end;        ///< the event that ended it; none if it was so to the end
};

/// One row of a timeline.
struct Lane {
  std::string group;  ///< "faults", "alerts", "games", or the node's name
  std::string title;
  /// What the bands are, by `kind`:
  ///   fault, alert   one per episode; overlapping ones are in several lanes
  ///   process        running, frozen, down
  ///   status         the shard's status, as the orchestrator derived it
  ///   link           connecting, ready, lost, given_up
  ///   mode           the orchestrator's modes, one lane each
  ///   game           owner (the orchestrator's committed decision), warm (a shard runs it but may not
  ///                  emit), emit (a shard may emit), double (two may); no band: the game is dark
  std::string kind;
  std::vector<Band> bands;  ///< by start
};

/// A lane in the making: at most one thing is so at a time.
class Track {
 public:
  /// From `t_ns` on it is so, and nothing else any more. `event` made it so.
  void change(std::int64_t t_ns, EventId event, std::string kind, std::string label);
  /// Nothing is so any more. What lasted no time leaves no band.
  void close(std::int64_t t_ns, EventId event);
  [[nodiscard]] bool is(std::string_view kind) const { return open_ && open_->kind == kind; }
  [[nodiscard]] bool is_open() const { return open_.has_value(); }
  /// The bands, with what is so at the end; the track is empty afterwards.
  [[nodiscard]] std::vector<Band> finish(std::int64_t t_ns);

 private:
  std::optional<Band> open_;
  std::vector<Band> bands_;
};

/// Places episodes that may overlap into as few lanes as they need; the first is titled as the group.
[[nodiscard]] std::vector<Lane> pack(std::vector<Band> bands, const std::string& group,
                                     const std::string& kind);

/// Where two of the bands are so at once, as bands of kind "double".
[[nodiscard]] std::vector<Band> overlaps(std::vector<Band> bands);

}  // namespace arbees::sim
