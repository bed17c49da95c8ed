#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/orchestrator/game_source.h"
#include "core/orchestrator/operator_order.h"
#include "core/settings/settings.h"
#include "sim/engine/stream.h"
#include "sim/engine/time.h"
#include "sim/scenario/document.h"
#include "sim/scenario/event_catalogue.h"
#include "sim/scenario/fault_table.h"
#include "sim/scenario/hostile_kind.h"

namespace arbees::sim {

inline constexpr std::string_view orchestrator_node = "orchestrator";
inline constexpr std::string_view redis_node = "redis";       ///< the master at the start
inline constexpr std::string_view watched_master = "arbees";  ///< how sentinels call it

/// What there is beside one Redis.
struct RedisFleet {
  unsigned replicas = 0;   ///< "redis-2", "redis-3", ...
  unsigned sentinels = 0;  ///< "sentinel-1", ...; programs ask them where the master is
  Duration down_after = seconds{5};

  [[nodiscard]] std::vector<std::string> replica_names() const;
  [[nodiscard]] std::vector<std::string> sentinel_names() const;
};

/// What the orchestrator keeps its state in.
enum class StoreKind : std::uint8_t {
  sqlite,  ///< the store of production on a simulated disk
  memory,  ///< never fails, outlives the program; a commit takes a millisecond
};

/// What a shard says and understands.
enum class Wire : std::uint8_t {
  ours,
  old,  ///< of the existing system: no epochs, no grants, no lease
};

/// How a shard that is started again differs from what it was.
struct ComesBack {
  std::optional<Wire> wire = {};
  std::optional<std::uint64_t> max_games = {};
};

/// A span that a run knows: written, drawn from the seed, or a parameter's.
struct DrawnSpan {
  DurationRange range;
  std::string parameter;  ///< empty: the range is the span's own
};

/// A span that whoever starts a run may choose (`--param outage=45s`).
struct Parameter {
  std::string name;
  DurationRange initial;
  std::string doc;
};

/// One episode of something broken, from its start to its healing.
struct FaultSpec {
  FaultKind kind;
  std::string name;  ///< how expectations call it
  DrawnSpan at = {};
  std::optional<DrawnSpan> lasts = {};  ///< none: to the end of the run
  std::vector<std::string> nodes = {};  ///< what is broken; for links: the one side
  std::vector<std::string> peers = {};  ///< for links: the other side
  DrawnSpan up = {};                    ///< of flapping
  DrawnSpan down = {};
  DurationRange latency = {};
  DurationRange delay = {};                 ///< of slow replies, late messages, slow operations
  DurationRange step = {};                  ///< of a slow program
  Ratio share = {1, 1};                     ///< of what is lost
  std::string channel = {};                 ///< of a flood
  std::string check = {};                   ///< of one that fails
  DrawnSpan every = {};                     ///< how long a range of jitter lasts
  std::uint64_t bytes_per_second = 0;       ///< of a slow reader or a narrow link
  DrawnSpan age = {};                       ///< of a restored copy
  DrawnSpan by = {};                        ///< of a jump
  std::uint64_t ppm = 0;                    ///< of a drift
  bool backwards = false;                   ///< of a jump or a drift: back, or slow
  bool overtaken = false;                   ///< of late messages: others pass them
  ComesBack comes_back = {};                ///< of a restart
  bool loses_store = false;                 ///< of a crash or a restart of the orchestrator
  std::optional<HostileKind> hostile = {};  ///< none: drawn for each message
  DurationRange message_every = {};
  std::string forged = {};  ///< the shard whose beats are; empty: one that there is not
};

/// What an operator asks of the orchestrator, and when. Given to it when it is next there, if it is not.
struct ScenarioOrder {
  DrawnSpan at = {};
  OperatorOrder order = {};
};

/// A game and when it is live.
struct ScenarioGame {
  LiveGame game;
  Duration from{};
  std::optional<Duration> until;  ///< none: to the end of the run
  std::optional<Duration> again;  ///< when it goes on although it had ended

  [[nodiscard]] bool live_at(Duration moment) const {
    return from <= moment && (!until || moment < *until || (again && *again <= moment));
  }
};

/// How many of something a swarm may draw, both ends included.
struct CountRange {
  std::uint64_t least = 0;
  std::uint64_t most = 0;
};

/// What each seed draws anew (sim/swarm), beside what the file itself says.
struct SwarmProfile {
  /// Fleets with shards of the existing system.
  struct OldWire {
    Ratio share{};                  ///< of the seeds
    std::vector<FaultKind> faults;  ///< kinds that may be on beside them
  };

  /// Runs that are echoes of committed scenarios.
  struct Echoes {
    Ratio share{};                     ///< of the seeds
    std::vector<std::string> folders;  ///< of the library, each with one scenario at least
  };

  std::vector<FaultKind> faults;  ///< kinds that may be on; each seed draws some of them
  std::optional<OldWire> old_wire;
  std::optional<Echoes> echoes;
  CountRange episodes;
  CountRange shards;
  CountRange games;
  std::uint64_t settings = 0;  ///< so many at most are drawn near where a relation would break
  CountRange services;         ///< that are no shards
  CountRange orders;           ///< of operators; with what takes one back it counts once
  Duration calm{};             ///< at the end, with every fault healed
};

/// What a field of an event must be.
struct FieldCondition {
  enum class Test : std::uint8_t { equals, differs, within };
  std::string field;
  Test test = Test::equals;
  std::string text;         ///< for equals and differs; a list field equals what it contains
  std::uint64_t least = 0;  ///< for within: a count, or nanoseconds of a duration
  std::uint64_t most = 0;
};

/// Which events are meant.
struct EventPattern {
  const CatalogueEvent* event = nullptr;
  std::vector<FieldCondition> where;
  std::string node;  ///< empty: recorded by any node

  [[nodiscard]] std::string text() const;
};

/// The moment a window is counted from.
struct Reference {
  enum class Which : std::uint8_t { first, last, every };
  Which which = Which::first;
  std::string fault;  ///< a fault's name, or empty: `event` is meant
  bool healed = false;
  EventPattern event;

  [[nodiscard]] std::string text() const;
};

/// For every element of a list in the reference event, an event whose `field` is that element.
struct ForEach {
  std::string field;
  std::string list;
};

/// So many events of a pattern in a window.
struct EventExpectation {
  EventPattern pattern;
  std::optional<Reference> after;  ///< none: from the start of the run
  DurationRange window{Duration{}, Duration::max()};
  std::uint64_t least = 1;
  std::uint64_t most = UINT64_MAX;
  std::optional<ForEach> each;
};

/// A figure of the run within bounds, in its own unit (sim/metrics/metrics.h).
struct MetricExpectation {
  std::string metric;
  std::uint64_t least = 0;
  std::uint64_t most = UINT64_MAX;
};

/// An expectation that holds only for some values of a parameter.
struct ParameterCondition {
  std::string parameter;
  DurationRange range{Duration{}, Duration::max()};
};

struct Expectation {
  std::string text;  ///< for people: what is expected
  std::optional<ParameterCondition> when = {};
  std::variant<EventExpectation, MetricExpectation> what;
};

/// How the fleet is set in one run, and what that run must show.
struct PolicySpec {
  std::string name;
  OrchestratorSettings orchestrator;
  std::vector<ShardSettings> shards;  ///< in the order of `Scenario::shards`
  std::vector<SettingProblem> warnings;
  std::vector<std::string> violates;     ///< invariants this policy always breaks here
  std::vector<std::string> may_violate;  ///< and those that depend on the seed
  std::vector<Expectation> expectations;
};

/// A scenario file, understood and checked: every name in it leads somewhere.
struct Scenario {
  std::string name;
  std::string title;
  std::string source;
  Duration duration{};
  std::vector<ShardId> shards;
  std::vector<ShardId> old_wire;  ///< those of them that begin with the old wire
  RedisFleet redis;
  StoreKind store = StoreKind::sqlite;
  std::vector<std::string> services;  ///< by the names of their kinds
  std::vector<ScenarioGame> games;
  std::optional<DurationRange> latency;
  std::vector<Parameter> parameters;
  std::vector<FaultSpec> faults;
  std::vector<ScenarioOrder> orders;
  std::vector<PolicySpec> policies;
  std::optional<SwarmProfile> swarm;  ///< none: what is written is what happens

  [[nodiscard]] const PolicySpec* policy(std::string_view name) const;
  [[nodiscard]] const Parameter* parameter(std::string_view name) const;
  /// Nodes of second processes, by the node whose name they take.
  [[nodiscard]] std::map<std::string, std::string> second_nodes() const;
  /// Nodes of those who publish what they should not, by the name of their fault.
  [[nodiscard]] std::map<std::string, std::string> strangers() const;
  /// Whether the shard speaks the old wire at some time of the run.
  [[nodiscard]] bool ever_old_wire(const ShardId& shard) const;
  /// The least that restarts leave of the shard's capacity; none: they leave it alone.
  [[nodiscard]] std::optional<std::uint64_t> least_max_games(const ShardId& shard) const;
};

/// The policies there are: `hardened` is the product with its defaults; the others are settings files.
inline constexpr std::string_view hardened_policy = "hardened";
inline constexpr std::string_view as_analysed_policy = "as-analysed";
[[nodiscard]] const std::vector<std::string>& policy_names();

/// Settings of each policy by its name; a policy that is missing has none.
using PolicyFiles = std::map<std::string, SettingSource, std::less<>>;

/// Understands a scenario file, or says what is wrong with it first.
[[nodiscard]] std::expected<Scenario, FileProblem> read_scenario(std::string_view text,
                                                                 const PolicyFiles& policies);

/// Understands a file of settings (scenarios/policies/*.json).
[[nodiscard]] std::expected<SettingSource, FileProblem> read_policy_file(std::string_view text);

/// The JSON schema of scenario files, as committed in scenarios/schema.json.
[[nodiscard]] std::string scenario_schema();

}  // namespace arbees::sim
