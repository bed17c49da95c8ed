#include "core/health/shared_faults.h"

#include <algorithm>

namespace arbees {

std::string_view to_string(LeaveReason reason) {
  switch (reason) {
    case LeaveReason::unstable: return "unstable";
    case LeaveReason::degraded: return "degraded";
  }
  return "unknown";
}

std::map<std::string, Spread> shared_faults(const std::vector<const Conditions*>& living) {
  std::map<std::string, Spread> spread;
  for (const Conditions* conditions : living) {
    for (const auto& [name, grade] : conditions->established()) {
      ++spread.try_emplace(name, Spread{0, living.size()}).first->second.sufferers;
    }
  }
  std::erase_if(spread, [](const auto& entry) {
    const Spread& found = entry.second;
    return found.sufferers < 2 || found.sufferers * 2 <= found.living;
  });
  return spread;
}

bool share_a_fault(const Conditions& source, const Conditions& target) {
  const Findings faults = source.established();
  return std::ranges::any_of(faults, [&](const auto& fault) { return target.holds(fault.first); });
}

std::optional<LeaveReason> reason_to_leave(const Conditions& conditions, bool unstable,
                                           const std::map<std::string, Spread>& shared,
                                           Duration sustained,
                                           const std::map<std::string, MonoTime>& shared_until) {
  if (unstable) {
    return LeaveReason::unstable;
  }
  const Findings faults = conditions.established();
  const bool own = std::ranges::any_of(faults, [&](const auto& fault) {
    const auto was_shared = shared_until.find(fault.first);
    const MonoTime after = was_shared == shared_until.end() ? MonoTime{} : was_shared->second;
    return sustained > Duration{0} && !shared.contains(fault.first) &&
           *conditions.shown_for(fault.first, after) >= sustained;
  });
  return own ? std::optional(LeaveReason::degraded) : std::nullopt;
}

}  // namespace arbees
