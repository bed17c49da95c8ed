#include "core/orchestrator/service_types.h"

#include <algorithm>
#include <array>

#include "core/base/assert.h"
#include "core/wire/letter_case.h"

namespace arbees {
namespace {

constexpr std::array<std::string_view, 1> shard_checks{"redis_ok"};
constexpr std::array<std::string_view, 3> polymarket_checks{"redis_ok", "vpn_ok", "ws_ok"};
constexpr std::array<std::string_view, 2> kalshi_checks{"redis_ok", "ws_ok"};

/// A monitor looks at its own connections once in this time only.
constexpr Duration kalshi_health_loop = seconds{60};
constexpr Duration polymarket_health_loop = seconds{180};

constexpr std::array<ServiceTraits, 5> traits{
    ServiceTraits{.type = ServiceType::game_shard,
                  .name = "game_shard",
                  .critical = shard_checks,
                  .checks_may_lack = true,
                  .takes_games = true},
    ServiceTraits{.type = ServiceType::crypto_shard,
                  .name = "crypto_shard",
                  .critical = shard_checks,
                  .checks_may_lack = true},
    ServiceTraits{.type = ServiceType::polymarket_monitor,
                  .name = "polymarket_monitor",
                  .critical = polymarket_checks,
                  .follows = wire::Platform::polymarket,
                  .judges_itself_every = polymarket_health_loop},
    ServiceTraits{.type = ServiceType::kalshi_monitor,
                  .name = "kalshi_monitor",
                  .critical = kalshi_checks,
                  .follows = wire::Platform::kalshi,
                  .judges_itself_every = kalshi_health_loop},
    ServiceTraits{.type = ServiceType::other, .name = {}, .critical = {}, .works_by_word = true},
};

struct StatedType {
  std::string_view word;
  ServiceType type;
};
constexpr std::array<StatedType, 3> stated_types{
    StatedType{"crypto", ServiceType::crypto_shard},
    StatedType{"sports", ServiceType::game_shard},
    StatedType{"game", ServiceType::game_shard},
};

struct NamePart {
  std::string_view part;
  KnownService service;
};
/// The first part that is in the name counts.
constexpr std::array<NamePart, 6> name_parts{
    NamePart{"crypto_shard", {ServiceType::crypto_shard}},
    NamePart{"crypto-shard", {ServiceType::crypto_shard}},
    NamePart{"shard", {ServiceType::game_shard}},
    NamePart{"polymarket", {ServiceType::polymarket_monitor}},
    NamePart{"kalshi", {ServiceType::kalshi_monitor}},
    NamePart{"zmq_listener", {ServiceType::other, seconds{60}}},
};

const NamePart* part_of(std::string_view name) {
  const std::string lower = wire::lower_case(name);
  const auto found = std::ranges::find_if(
      name_parts, [&](const NamePart& known) { return lower.contains(known.part); });
  return found == name_parts.end() ? nullptr : &*found;
}

}  // namespace

const ServiceTraits& traits_of(ServiceType type) {
  const auto found = std::ranges::find(traits, type, &ServiceTraits::type);
  ensure(found != traits.end(), "every kind of service has its row");
  return *found;
}

wire::Subject subject_of(ServiceType type, const std::string& own_name,
                         const std::string& instance) {
  const std::string_view name = traits_of(type).name;
  return {name.empty() ? own_name : std::string(name), instance};
}

ServiceType type_of_shard(const wire::Heartbeat& beat) {
  const auto stated =
      std::ranges::find(stated_types, wire::lower_case(beat.shard_type), &StatedType::word);
  if (stated != stated_types.end()) {
    return stated->type;
  }
  if (beat.shard_type.empty() && beat.events && !beat.lists_games) {
    return ServiceType::crypto_shard;
  }
  if (const NamePart* part = part_of(beat.shard.str())) {
    return part->service.type;
  }
  // Whoever beats as a shard and says nothing else is one of the oldest, which take games.
  return beat.shard_type.empty() ? ServiceType::game_shard : ServiceType::other;
}

KnownService service_called(std::string_view name) {
  const NamePart* part = part_of(name);
  return part == nullptr ? KnownService{} : part->service;
}

Judgement judge(ServiceType type, const std::string& status,
                const std::map<std::string, bool>& checks, bool speaks_of_games) {
  if (status.empty() && checks.empty() && !speaks_of_games) {
    return {{{"says neither status nor checks", Status::degraded}}, false};
  }
  const ServiceTraits& kind = traits_of(type);
  Judgement judgement{findings_of(kind.critical, status, checks), true};
  if (kind.works_by_word) {
    judgement.operational = status == "healthy" || status == "starting";
    return judgement;
  }
  if (checks.empty() && !kind.checks_may_lack) {
    for (const std::string_view check : kind.critical) {
      judgement.findings.insert_or_assign(std::string(check), Status::unhealthy);
    }
  }
  judgement.operational = std::ranges::none_of(kind.critical, [&](std::string_view check) {
    return judgement.findings.contains(std::string(check));
  });
  return judgement;
}

Judgement judge(const wire::Heartbeat& beat) {
  return judge(type_of_shard(beat), beat.status, beat.checks,
               beat.lists_games || beat.events || beat.max_games);
}

}  // namespace arbees
