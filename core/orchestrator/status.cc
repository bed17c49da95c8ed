#include "core/orchestrator/status.h"

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

Health health_of(const std::string& reported, const std::map<std::string, bool>& checks) {
  std::string failing;
  for (const auto& [check, ok] : checks) {
    if (!ok) {
      failing += failing.empty() ? check : "," + check;
    }
  }
  if (reported == "unhealthy") {
    return {Status::unhealthy, failing.empty() ? "reports unhealthy" : failing};
  }
  if (!failing.empty()) {
    return {Status::degraded, failing};
  }
  if (reported == "degraded") {
    return {Status::degraded, "reports degraded"};
  }
  return {Status::healthy, "all checks pass"};
}

std::optional<StatusChange> StatusMachine::heard(Status reported, MonoTime now) {
  ensure(reported != Status::dead && reported != Status::starting, "a heard shard is neither");
  Status to = reported;
  if (reported == Status::unhealthy && status_ != Status::unhealthy &&
      status_ != Status::degraded) {
    to = Status::degraded;
  }
  if (to == status_) {
    return std::nullopt;
  }
  return change_to(to, now);
}

std::optional<StatusChange> StatusMachine::died(MonoTime now) {
  if (status_ == Status::dead) {
    return std::nullopt;
  }
  return change_to(Status::dead, now);
}

StatusChange StatusMachine::change_to(Status to, MonoTime now) {
  ensure(to != status_, "a change changes something");
  ensure(now >= since_, "monotonic time does not run backwards");
  const StatusChange change{status_, to, now - since_};
  status_ = to;
  since_ = now;
  return change;
}

}  // namespace arbees
