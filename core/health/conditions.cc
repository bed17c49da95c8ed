#include "core/health/conditions.h"

#include <algorithm>

namespace arbees {

bool Conditions::observe(const Findings& findings, MonoTime now) {
  bool changed = false;
  for (const auto& [name, grade] : findings) {
    Condition& condition = known_.try_emplace(name, Condition{grade, now, now}).first->second;
    condition.grade = grade;
    condition.last_shown = now;
    condition.absent_since.reset();
    if (!condition.established && now - condition.since >= settle_) {
      condition.established = true;
      changed = true;
    }
  }
  for (auto entry = known_.begin(); entry != known_.end();) {
    Condition& condition = entry->second;
    if (!findings.contains(entry->first)) {
      condition.absent_since = condition.absent_since.value_or(now);
      if (now - *condition.absent_since >= settle_) {
        changed = changed || condition.established;
        entry = known_.erase(entry);
        continue;
      }
    }
    ++entry;
  }
  return changed;
}

Status Conditions::worst() const {
  Status worst = Status::healthy;
  for (const auto& [name, condition] : known_) {
    worst = condition.established ? std::max(worst, condition.grade) : worst;
  }
  return worst;
}

Findings Conditions::established() const {
  Findings found;
  for (const auto& [name, condition] : known_) {
    if (condition.established) {
      found.emplace(name, condition.grade);
    }
  }
  return found;
}

bool Conditions::holds(const std::string& name) const {
  const auto found = known_.find(name);
  return found != known_.end() && found->second.established;
}

std::optional<Duration> Conditions::shown_for(const std::string& name, MonoTime after) const {
  const auto found = known_.find(name);
  if (found == known_.end() || !found->second.established) {
    return std::nullopt;
  }
  return std::max(found->second.last_shown - std::max(found->second.since, after), Duration{0});
}

std::string reason_of(const StatusChange& change, const Conditions& conditions) {
  if (change.probation && change.to != Status::healthy) {
    return "on probation: it was dead";
  }
  if (const std::string faults = names_of(conditions.established()); !faults.empty()) {
    return faults;
  }
  return change.probation ? "its probation is over" : "all checks pass";
}

}  // namespace arbees
