#include "core/orchestrator/inbox.h"

#include <algorithm>
#include <utility>

namespace arbees {

std::optional<wire::Heartbeat> Inbox::put(wire::Heartbeat beat) {
  const auto known = std::ranges::find_if(beats_, [&](const wire::Heartbeat& other) {
    return other.shard == beat.shard && other.incarnation() == beat.incarnation();
  });
  if (known == beats_.end()) {
    beats_.push_back(std::move(beat));
    return std::nullopt;
  }
  // Old wire has no numbers: there, what came last is newest.
  if (!beat.hb_seq.none() && beat.hb_seq <= known->hb_seq) {
    return beat;
  }
  return std::exchange(*known, std::move(beat));
}

std::vector<wire::Heartbeat> Inbox::take() { return std::exchange(beats_, {}); }

}  // namespace arbees
