#include "core/assignment/planner.h"

#include <algorithm>
#include <tuple>

#include "core/base/assert.h"

namespace arbees {
namespace {

/// The order in which candidates are preferred.
struct Better {
  bool operator()(const Candidate& a, const Candidate& b) const {
    return std::tie(a.rank, b.free, a.shard) < std::tie(b.rank, a.free, b.shard);
  }
};

using Open = std::set<Candidate, Better>;

std::string why_nobody(const Open& candidates) {
  if (candidates.empty()) {
    return "no shard is alive";
  }
  const bool full = std::ranges::all_of(
      candidates, [](const Candidate& candidate) { return candidate.free == 0; });
  return full ? "every shard is full" : "every shard with room refused it";
}

Open::iterator best_for(const Need& need, const Open& open) {
  const auto suits = [&](const Candidate& candidate) {
    return candidate.free > 0 && !need.unsuitable.contains(candidate.shard);
  };
  if (need.preferred) {
    const auto preferred = std::ranges::find_if(open, [&](const Candidate& candidate) {
      return candidate.shard == *need.preferred && suits(candidate);
    });
    if (preferred != open.end()) {
      return preferred;
    }
  }
  return std::ranges::find_if(open, suits);
}

}  // namespace

std::string_view to_string(Unsuitable why) {
  switch (why) {
    case Unsuitable::owner: return "it leaves this one";
    case Unsuitable::refused: return "refused it lately";
    case Unsuitable::same_fault: return "has the same fault";
  }
  return "unknown";
}

std::map<ShardId, std::string_view> Plan::reasons_for(const Unplaced& game) const {
  std::map<ShardId, std::string_view> reasons(excluded.begin(), excluded.end());
  for (const auto& [shard, why] : game.unsuitable) {
    reasons.try_emplace(shard, to_string(why));
  }
  for (const ShardId& shard : full) {
    reasons.try_emplace(shard, "full");
  }
  return reasons;
}

Plan place(const std::vector<Need>& needs, const std::vector<Candidate>& candidates) {
  Open open(candidates.begin(), candidates.end());
  ensure(open.size() == candidates.size(), "each shard is a candidate once");
  Plan plan;
  for (const Need& need : needs) {
    const auto best = best_for(need, open);
    if (best == open.end()) {
      plan.unplaced.push_back({need.game, need.reason, why_nobody(open), need.unsuitable});
      continue;
    }
    auto node = open.extract(best);
    plan.placements.push_back({need.game, node.value().shard, node.value().boot, need.reason});
    --node.value().free;
    open.insert(std::move(node));
  }
  for (const Candidate& candidate : open) {
    if (candidate.free == 0) {
      plan.full.insert(candidate.shard);
    }
  }
  ensure(plan.placements.size() + plan.unplaced.size() == needs.size(), "every need is answered");
  return plan;
}

}  // namespace arbees
