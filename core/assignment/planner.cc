#include "core/assignment/planner.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "core/base/assert.h"

namespace arbees {

std::string_view to_string(Unsuitable why) {
  switch (why) {
    case Unsuitable::owner: return "it leaves this one";
    case Unsuitable::refused: return "refused it lately";
    case Unsuitable::same_fault: return "has the same fault";
    case Unsuitable::leaving: return "gives its own games away";
  }
  return "unknown";
}

std::map<ShardId, std::string_view> Plan::reasons_for(const Unplaced& game) const {
  std::map<ShardId, std::string_view> reasons(excluded.begin(), excluded.end());
  for (const auto& [shard, why] : game.unsuitable) {
    reasons.try_emplace(shard, to_string(why));
  }
  if (game.of_owner) {
    for (const auto& [shard, why] : of_owners.at(*game.of_owner)) {
      reasons.try_emplace(shard, to_string(why));
    }
  }
  for (const ShardId& shard : full) {
    reasons.try_emplace(shard, "full");
  }
  return reasons;
}

bool Placer::Better::operator()(const Candidate& a, const Candidate& b) const {
  return std::tie(a.rank, b.free, a.shard) < std::tie(b.rank, a.free, b.shard);
}

Placer::Placer(const std::vector<Candidate>& candidates)
    : open_(candidates.begin(), candidates.end()) {
  ensure(open_.size() == candidates.size(), "each shard is a candidate once");
  for (const Candidate& candidate : candidates) {
    room_ += candidate.free;
  }
}

std::size_t Placer::add(Unsuitables of_owner) {
  plan_.of_owners.push_back(std::move(of_owner));
  return plan_.of_owners.size() - 1;
}

std::optional<Unsuitable> Placer::objection(const Need& need, const ShardId& shard) const {
  if (const auto why = need.unsuitable.find(shard); why != need.unsuitable.end()) {
    return why->second;
  }
  if (need.of_owner) {
    const Unsuitables& of_owner = plan_.of_owners.at(*need.of_owner);
    if (const auto why = of_owner.find(shard); why != of_owner.end()) {
      return why->second;
    }
  }
  return std::nullopt;
}

bool Placer::place(const Need& need) {
  const auto known = need.of_owner ? hopeless_.find(*need.of_owner) : hopeless_.end();
  if (known != hopeless_.end()) {
    plan_.unplaced.push_back(
        {need.game, need.reason, known->second, need.unsuitable, need.of_owner});
    return false;
  }
  const auto best = has_room() ? best_for(need) : open_.end();
  if (best == open_.end()) {
    std::string why = why_nobody(need);
    if (need.of_owner && need.unsuitable.empty()) {
      hopeless_.emplace(*need.of_owner, why);
    }
    plan_.unplaced.push_back(
        {need.game, need.reason, std::move(why), need.unsuitable, need.of_owner});
    return false;
  }
  auto node = open_.extract(best);
  plan_.placements.push_back({need.game, node.value().shard, node.value().boot, need.reason});
  --node.value().free;
  --room_;
  open_.insert(std::move(node));
  return true;
}

Plan Placer::finish() {
  for (const Candidate& candidate : open_) {
    if (candidate.free == 0) {
      plan_.full.insert(candidate.shard);
    }
  }
  return std::move(plan_);
}

Placer::Open::iterator Placer::best_for(const Need& need) const {
  const auto suits = [&](const Candidate& candidate) {
    return candidate.free > 0 && !objection(need, candidate.shard);
  };
  if (need.preferred) {
    const auto preferred = std::ranges::find_if(open_, [&](const Candidate& candidate) {
      return candidate.shard == *need.preferred && suits(candidate);
    });
    if (preferred != open_.end()) {
      return preferred;
    }
  }
  return std::ranges::find_if(open_, suits);
}

std::string Placer::why_nobody(const Need& need) const {
  if (open_.empty()) {
    return "no shard is alive";
  }
  if (!has_room()) {
    return "every shard is full";
  }
  std::set<Unsuitable> why;
  for (const Candidate& candidate : open_) {
    if (candidate.free > 0) {
      const auto against = objection(need, candidate.shard);
      ensure(against.has_value(), "nobody takes it: something speaks against each");
      why.insert(*against);
    }
  }
  if (why == std::set{Unsuitable::owner}) {
    return "only the shard it leaves has room";
  }
  return why == std::set{Unsuitable::refused} ? "every shard with room refused it"
                                              : "no shard with room is a better place";
}

}  // namespace arbees
