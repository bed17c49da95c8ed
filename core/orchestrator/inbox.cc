#include "core/orchestrator/inbox.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace arbees {
namespace {

auto process_of(const wire::Heartbeat& beat) {
  return std::tie(beat.shard, beat.boot, beat.process_id, beat.started_at);
}

}  // namespace

std::optional<wire::Heartbeat> Inbox::put(wire::Heartbeat beat) {
  const auto place = std::ranges::lower_bound(
      by_process_, process_of(beat), {}, [this](std::size_t at) { return process_of(beats_[at]); });
  if (place == by_process_.end() || process_of(beats_[*place]) != process_of(beat)) {
    by_process_.insert(place, beats_.size());
    beats_.push_back(std::move(beat));
    return std::nullopt;
  }
  wire::Heartbeat& known = beats_[*place];
  // Old wire has no numbers: there, what came last is newest.
  if (!beat.hb_seq.none() && beat.hb_seq <= known.hb_seq) {
    return beat;
  }
  return std::exchange(known, std::move(beat));
}

std::vector<wire::Heartbeat> Inbox::take() {
  if (empty()) {
    return {};
  }
  by_process_.clear();
  std::vector<wire::Heartbeat> taken = std::exchange(beats_, {});
  beats_.reserve(taken.size());  // the next read brings about as many
  return taken;
}

}  // namespace arbees
