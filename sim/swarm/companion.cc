#include "sim/swarm/companion.h"

#include <algorithm>
#include <array>

#include "sim/scenario/document_text.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/span.h"

namespace arbees::sim {
namespace {

struct Companion {
  FaultKind of;
  FaultKind with;
  DurationRange lasting;
  bool of_shard = false;  ///< it happens to a shard, not to the orchestrator
};

constexpr std::array companions{
    // Felt by an orchestrator that starts.
    Companion{FaultKind::store_locked, FaultKind::crash, {milliseconds{500}, seconds{5}}},
    // 32 MiB at 2 MiB a second: who stands still for 16 s is cut.
    Companion{FaultKind::redis_flood, FaultKind::pause, {seconds{20}, seconds{60}}},
    // Felt by who connects.
    Companion{FaultKind::redis_full, FaultKind::connection_reset, {}},
    Companion{FaultKind::redis_refuse, FaultKind::connection_reset, {}},
    // Who dies while the orchestrator sees only now and then is dead all the same.
    Companion{FaultKind::redis_flapping, FaultKind::crash, {seconds{160}, seconds{500}}, true},
};

}  // namespace

std::optional<DrawnEpisode> draw_companion(const Value& fault, const EpisodeTime& time,
                                           std::uint64_t shards, Stream& draws) {
  const auto row = std::ranges::find_if(companions, [&](const Companion& companion) {
    return fault_row(companion.of).name == fault.find("fault")->text;
  });
  if (row == companions.end() || time.length < row->lasting.lo + milliseconds{100}) {
    return std::nullopt;
  }
  EpisodeTime within;
  const Duration latest = time.length - row->lasting.lo;
  within.start =
      time.start + draws.between({Duration{}, latest}) / milliseconds{100} * milliseconds{100};
  const Duration longest = std::min(row->lasting.hi, time.start + time.length - within.start);
  within.length = draws.between({std::min(row->lasting.lo, longest), longest}) / milliseconds{100} *
                  milliseconds{100};
  const FaultRow& with = fault_row(row->with);
  const std::string name = fault.find("name")->text + "-" + std::string(with.name);
  std::optional<Value> drawn = draw_episode(with, name, within, shards, draws);
  if (!drawn) {
    return std::nullopt;
  }
  if (find_member(*drawn, "target") != nullptr) {
    const std::string shard =
        "shard-" + std::to_string(draws.between(1, static_cast<std::int64_t>(shards)));
    set_member(*drawn, "target",
               text_value(row->of_shard ? shard : std::string(orchestrator_node)));
  }
  return DrawnEpisode{std::move(*drawn), within};
}

}  // namespace arbees::sim
