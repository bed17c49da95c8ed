#include "core/health/checks.h"

namespace arbees {

Findings findings_of(std::span<const std::string_view> critical, std::string_view reported,
                     const std::map<std::string, bool>& checks) {
  Findings findings;
  for (const auto& [check, passes] : checks) {
    if (!passes) {
      findings.emplace(check, Status::degraded);
    }
  }
  if (!checks.empty()) {
    for (const std::string_view needed : critical) {
      const auto check = checks.find(std::string(needed));
      if (check == checks.end() || !check->second) {
        findings.insert_or_assign(std::string(needed), Status::unhealthy);
      }
    }
  }
  if (reported == "unhealthy") {
    findings.emplace("reports unhealthy", Status::unhealthy);
  } else if (reported == "degraded" && findings.empty()) {
    findings.emplace("reports degraded", Status::degraded);
  }
  return findings;
}

std::string names_of(const Findings& findings) {
  std::string text;
  for (const auto& [name, grade] : findings) {
    text += text.empty() ? name : "," + name;
  }
  return text;
}

}  // namespace arbees
