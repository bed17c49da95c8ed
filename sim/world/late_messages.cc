#include "sim/world/late_messages.h"

#include <algorithm>
#include <ranges>
#include <utility>

namespace arbees::sim {

std::optional<SimTime> LateMessages::last_for(redis::ClientId to) const {
  const auto backwards = waiting_ | std::views::reverse;
  const auto found =
      std::ranges::find_if(backwards, [to](const auto& entry) { return entry.second.to == to; });
  return found == backwards.end() ? std::nullopt : std::optional(found->first);
}

std::optional<SimTime> LateMessages::next() const {
  return waiting_.empty() ? std::nullopt : std::optional(waiting_.begin()->first);
}

std::optional<LateMessages::Message> LateMessages::take_due(SimTime now) {
  if (waiting_.empty() || waiting_.begin()->first > now) {
    return std::nullopt;
  }
  Message first = std::move(waiting_.begin()->second);
  waiting_.erase(waiting_.begin());
  return first;
}

void LateMessages::hurry(SimTime now) {
  std::multimap<SimTime, Message> hurried;
  for (auto& [due, message] : waiting_) {
    hurried.emplace(std::min(due, now), std::move(message));
  }
  waiting_ = std::move(hurried);
}

}  // namespace arbees::sim
