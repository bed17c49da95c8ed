#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/events/event.h"
#include "sim/engine/node_index.h"
#include "sim/engine/time.h"

namespace arbees::sim {

/// What a digest keeps besides its 64 bits.
struct DigestConfig {
  /// Items with an index in [record_from, record_to) are kept as text, so that the first difference
  /// of two runs can be named. Recording does not change the digest.
  std::uint64_t record_from = 0;
  std::uint64_t record_to = 0;

  static constexpr DigestConfig record_all() {
    return {.record_from = 0, .record_to = std::numeric_limits<std::uint64_t>::max()};
  }
};

/// The digest after `items` items, the last of them at `time`.
struct Checkpoint {
  std::uint64_t items;
  SimTime time;
  std::uint64_t digest;

  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

/// Where and when an item happened, and how many draws the world had made by then: an extra draw
/// shows at the next item, also where its effect would come much later.
struct ItemPlace {
  SimTime time;
  NodeIndex node;
  std::uint64_t draws;
};

/// Fingerprint of a whole run: a rolling 64-bit hash over its items (events field by field, bytes on
/// links), with a ladder of checkpoints by which two runs can be compared without keeping either.
class Digest {
 public:
  static constexpr std::uint64_t items_per_checkpoint = 1'024;

  explicit Digest(const DigestConfig& config = {}) : config_(config) {}

  void add_event(const ItemPlace& place, EventId id, EventId cause, MonoTime node_time,
                 const EventView& event);
  void add_bytes(const ItemPlace& place, NodeIndex to, std::uint64_t connection,
                 std::uint64_t offset, std::string_view bytes);

  [[nodiscard]] std::uint64_t value() const { return value_; }
  [[nodiscard]] std::uint64_t items() const { return items_; }
  [[nodiscard]] const std::vector<Checkpoint>& ladder() const { return ladder_; }

  /// One recorded item: the digest after it, and what it was, in words.
  struct Recorded {
    std::uint64_t digest;
    std::string text;
    EventId event;  ///< none: bytes
  };
  /// The recorded items, from `recorded_from()` on.
  [[nodiscard]] const std::vector<Recorded>& recording() const { return recording_; }
  [[nodiscard]] std::uint64_t recorded_from() const { return config_.record_from; }

 private:
  [[nodiscard]] bool recording_now() const {
    return items_ >= config_.record_from && items_ < config_.record_to;
  }
  void finish_item(SimTime time);

  DigestConfig config_;
  std::uint64_t value_ = 0;
  std::uint64_t items_ = 0;
  std::string scratch_;
  std::vector<Checkpoint> ladder_;
  std::vector<Recorded> recording_;
};

/// The first place where two runs differ.
struct Difference {
  std::uint64_t from;  ///< all items before this one are equal
  std::uint64_t to;    ///< the first differing item is before this one; from + 1 if it was recorded
  SimTime equal_until;  ///< a moment up to which both runs were equal
  std::optional<std::string>
      a;  ///< the differing item in words, where recorded; "(end)" if there is none
  std::optional<std::string> b;
};

/// Compares two runs in logarithmic time by their ladders and then by their recordings. Where the
/// item lies outside the recordings, run again recording [from, to). None if the runs are equal.
[[nodiscard]] std::optional<Difference> first_difference(const Digest& a, const Digest& b);

}  // namespace arbees::sim
