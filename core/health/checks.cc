#include "core/health/checks.h"

#include <algorithm>
#include <array>
#include <span>

namespace arbees {
namespace {

constexpr std::array<std::string_view, 1> shard_needs{"redis_ok"};
constexpr std::array<std::string_view, 3> polymarket_needs{"redis_ok", "vpn_ok", "ws_ok"};
constexpr std::array<std::string_view, 2> kalshi_needs{"redis_ok", "ws_ok"};

/// The checks without which a program of this kind is not operational (contract.md 2.5).
std::span<const std::string_view> needs_of(ServiceKind kind) {
  switch (kind) {
    case ServiceKind::game_shard:
    case ServiceKind::crypto_shard: return shard_needs;
    case ServiceKind::polymarket_monitor: return polymarket_needs;
    case ServiceKind::kalshi_monitor: return kalshi_needs;
    case ServiceKind::other: break;
  }
  return {};
}

bool same_letter(char a, char b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return lower(a) == lower(b);
}

bool names(std::string_view text, std::string_view word) {
  return !std::ranges::search(text, word, same_letter).empty();
}

}  // namespace

ServiceKind kind_of_shard(std::string_view shard_type) {
  return std::ranges::equal(shard_type, std::string_view("crypto"), same_letter)
             ? ServiceKind::crypto_shard
             : ServiceKind::game_shard;
}

ServiceKind kind_of_service(std::string_view service) {
  return names(service, "polymarket") ? ServiceKind::polymarket_monitor
         : names(service, "kalshi")   ? ServiceKind::kalshi_monitor
                                      : ServiceKind::other;
}

Findings findings_of(ServiceKind kind, std::string_view reported,
                     const std::map<std::string, bool>& checks) {
  Findings findings;
  for (const auto& [check, passes] : checks) {
    if (!passes) {
      findings.emplace(check, Status::degraded);
    }
  }
  if (!checks.empty()) {
    for (const std::string_view needed : needs_of(kind)) {
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
