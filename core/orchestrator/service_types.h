#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/base/time.h"
#include "core/health/checks.h"
#include "core/wire/heartbeat.h"
#include "core/wire/market_assignment.h"
#include "core/wire/notification.h"

namespace arbees {

/// The kinds of services of the existing system that differ for us (docs/wire.md, "Services").
enum class ServiceType : std::uint8_t {
  game_shard,
  crypto_shard,
  polymarket_monitor,
  kalshi_monitor,
  other
};

/// What is known of a kind of service. One row each; whoever asks about a kind asks the row.
struct ServiceTraits {
  ServiceType type;
  std::string_view name;                       ///< as notifications call it; empty: by its own name
  std::span<const std::string_view> critical;  ///< checks without which it does not work (seed 2.3)
  bool works_by_word = false;                  ///< works if it says healthy or starting
  bool checks_may_lack = false;                ///< without any checks its word is believed
  bool takes_games = false;                    ///< games are placed on it
  std::optional<wire::Platform> follows = {};  ///< whose markets it must be told
  Duration judges_itself_every{};              ///< how old what it says of its checks may be
};

[[nodiscard]] const ServiceTraits& traits_of(ServiceType type);
/// How notifications call one that calls itself `own_name`.
[[nodiscard]] wire::Subject subject_of(ServiceType type, const std::string& own_name,
                                       const std::string& instance);

/// What a shard is: by the type it states, else by its name, else by what it lists.
[[nodiscard]] ServiceType type_of_shard(const wire::Heartbeat& beat);

/// What a service of that name is, and how often it is heard from.
struct KnownService {
  ServiceType type = ServiceType::other;
  Duration interval = seconds{10};
};
[[nodiscard]] KnownService service_called(std::string_view name);

/// How a service stands by what its beat says.
struct Judgement {
  Findings findings;
  bool operational = true;  ///< it does what it is there for, perhaps not all of it
};

/// Judges by the row of the kind. `speaks_of_games`: the beat has a list of games or a capacity; then one
/// that says nothing of its health is taken for healthy.
[[nodiscard]] Judgement judge(ServiceType type, const std::string& status,
                              const std::map<std::string, bool>& checks, bool speaks_of_games);
[[nodiscard]] Judgement judge(const wire::Heartbeat& beat);

}  // namespace arbees
