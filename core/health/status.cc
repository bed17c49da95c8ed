#include "core/health/status.h"

#include <algorithm>

#include "core/base/assert.h"

namespace arbees {

std::string_view to_string(Status status) {
  switch (status) {
    case Status::starting: return "starting";
    case Status::healthy: return "healthy";
    case Status::degraded: return "degraded";
    case Status::unhealthy: return "unhealthy";
    case Status::dead: return "dead";
  }
  return "unknown";
}

std::optional<StatusChange> StatusMachine::heard(Status verdict, MonoTime now,
                                                 Probation probation) {
  ensure(verdict != Status::dead && verdict != Status::starting, "a heard shard is neither");
  const bool was_on_probation = on_probation_;
  if (status_ == Status::dead && !ended_in_order_ && probation.length > Duration{0}) {
    on_probation_ = true;
    clean_since_.reset();
  }
  serve_probation(probation, now);
  const Status to =
      on_probation_ ? std::max(step_towards(verdict), Status::degraded) : step_towards(verdict);
  if (to == status_) {
    return std::nullopt;
  }
  return change_to(to, on_probation_ != was_on_probation, now);
}

std::optional<StatusChange> StatusMachine::died(MonoTime now) {
  if (status_ == Status::dead) {
    return std::nullopt;
  }
  on_probation_ = false;
  ended_in_order_ = false;
  return change_to(Status::dead, false, now);
}

std::optional<StatusChange> StatusMachine::ended_in_order(MonoTime now) {
  auto change = died(now);
  ended_in_order_ = ended_in_order_ || change.has_value();
  return change;
}

Status StatusMachine::step_towards(Status verdict) const {
  const bool may_become_unhealthy = status_ == Status::degraded || status_ == Status::unhealthy;
  return verdict == Status::unhealthy && !may_become_unhealthy ? Status::degraded : verdict;
}

void StatusMachine::serve_probation(const Probation& probation, MonoTime now) {
  if (!on_probation_) {
    return;
  }
  if (!probation.clean) {
    clean_since_.reset();
    return;
  }
  clean_since_ = clean_since_.value_or(now);
  on_probation_ = now - *clean_since_ < probation.length;
}

StatusChange StatusMachine::change_to(Status to, bool probation, MonoTime now) {
  ensure(to != status_, "a change changes something");
  ensure(now >= since_, "monotonic time does not run backwards");
  StatusChange change{status_, to, now - since_, Duration{0}, probation};
  if (to == Status::healthy) {
    change.unwell = unwell_since_ ? now - *unwell_since_ : Duration{0};
    unwell_since_.reset();
  } else {
    unwell_since_ = unwell_since_.value_or(now);
  }
  status_ = to;
  since_ = now;
  return change;
}

}  // namespace arbees
