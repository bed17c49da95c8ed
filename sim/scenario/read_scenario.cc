#include <algorithm>

#include "core/base/assert.h"
#include "core/settings/decimal.h"
#include "sim/invariants/registry.h"
#include "sim/scenario/reading.h"
#include "sim/scenario/scenario_shapes.h"
#include "sim/scenario/span.h"

namespace arbees::sim {
namespace {

std::vector<ShardId> read_shards(const Located& located, Problems& problems) {
  std::vector<ShardId> shards;
  if (located->kind == Value::Kind::number) {
    for (std::uint64_t i = 1; i <= checked_count(*located.value); ++i) {
      shards.emplace_back("shard-" + std::to_string(i));
    }
    return shards;
  }
  for (std::size_t i = 0; i < located->items.size(); ++i) {
    const Located shard = located.at(i);
    const ShardId id(shard->text);
    if (std::ranges::find(shards, id) != shards.end()) {
      problems.add(shard, "the shard " + in_quotes(shard->text) + " is named twice");
    }
    if (shard->text == orchestrator_node || shard->text == redis_node || shard->text == "shards") {
      problems.add(shard, in_quotes(shard->text) + " means something else; choose another id");
    }
    shards.push_back(id);
  }
  return shards;
}

/// So many, the first ones, or those named.
std::vector<ShardId> read_old_wire(const Located& located, const Scenario& scenario,
                                   Problems& problems) {
  std::vector<ShardId> old;
  if (!located) {
    return old;
  }
  if (located->kind == Value::Kind::number) {
    if (checked_count(*located.value) > scenario.shards.size()) {
      problems.add(located, "more than there are shards");
      return old;
    }
    old.assign(
        scenario.shards.begin(),
        scenario.shards.begin() + static_cast<std::ptrdiff_t>(checked_count(*located.value)));
    return old;
  }
  std::vector<std::string> words;
  for (const ShardId& shard : scenario.shards) {
    words.push_back(shard.str());
  }
  for (std::size_t i = 0; i < located->items.size(); ++i) {
    const Located shard = located.at(i);
    if (std::ranges::find(words, shard->text) == words.end()) {
      problems.add(shard, unknown_word("shard", shard->text, words));
    }
    old.emplace_back(shard->text);
  }
  return old;
}

RedisFleet read_redis(const Located& fleet) {
  RedisFleet redis;
  if (const Located replicas = fleet.at("redis_replicas")) {
    redis.replicas = static_cast<unsigned>(checked_count(*replicas.value));
  }
  if (const Located sentinels = fleet.at("sentinels")) {
    redis.sentinels = static_cast<unsigned>(checked_count(*sentinels.value));
  }
  if (const Located down_after = fleet.at("sentinel_down_after")) {
    redis.down_after = checked_span(*down_after.value);
  }
  return redis;
}

void check_names_apart(const Located& fleet, const Scenario& scenario, Problems& problems) {
  for (const auto& names :
       {scenario.redis.replica_names(), scenario.redis.sentinel_names(), scenario.services}) {
    for (const ShardId& shard : scenario.shards) {
      if (std::ranges::find(names, shard.str()) != names.end()) {
        problems.add(fleet.at("shards"), in_quotes(shard.str()) +
                                             " is the name of a Redis server, a sentinel or a " +
                                             "service here; choose another id");
      }
    }
  }
}

std::vector<std::string> read_services(const Located& located, Problems& problems) {
  std::vector<std::string> services;
  if (!located) {
    return services;
  }
  for (std::size_t i = 0; i < located->items.size(); ++i) {
    const Located service = located.at(i);
    if (std::ranges::find(services, service->text) != services.end()) {
      problems.add(service, "the service " + in_quotes(service->text) + " is named twice");
    }
    services.push_back(service->text);
  }
  return services;
}

LiveGame plain_game(std::string id) { return {GameId(std::move(id)), "nba", {}, {}}; }

void read_live_time(const Located& located, ScenarioGame& into, Problems& problems) {
  if (const Located from = located.at("from")) {
    into.from = checked_span(*from.value);
  }
  if (const Located until = located.at("until")) {
    into.until = checked_span(*until.value);
    if (*into.until <= into.from) {
      problems.add(until, "the game would end before it is live");
    }
  }
  if (const Located again = located.at("again")) {
    into.again = checked_span(*again.value);
    if (!into.until || *into.again <= *into.until) {
      problems.add(again, "a game can only go on after it has ended");
    }
  }
}

ScenarioGame read_game(const Located& located, Problems& problems) {
  if (located->kind == Value::Kind::text) {
    return {plain_game(located->text), {}, {}, {}};
  }
  ScenarioGame game{plain_game(located.at("id")->text), {}, {}, {}};
  if (const Located sport = located.at("sport")) {
    game.game.sport = sport->text;
  }
  read_live_time(located, game, problems);
  return game;
}

std::vector<ScenarioGame> read_listed_games(const Located& located, Problems& problems) {
  std::vector<ScenarioGame> games;
  std::vector<GameId> ids;
  for (std::size_t i = 0; i < located->items.size(); ++i) {
    games.push_back(read_game(located.at(i), problems));
    ids.push_back(games.back().game.id);
  }
  std::ranges::sort(ids);
  if (const auto twice = std::ranges::adjacent_find(ids); twice != ids.end()) {
    problems.add(located, "the game " + in_quotes(twice->str()) + " is listed twice");
  }
  return games;
}

std::vector<ScenarioGame> read_games(const Located& located, Problems& problems) {
  if (located->kind == Value::Kind::list) {
    return read_listed_games(located, problems);
  }
  const bool plain = located->kind == Value::Kind::number;
  ScenarioGame game{plain_game({}), {}, {}, {}};
  if (!plain) {
    read_live_time(located, game, problems);
  }
  std::vector<ScenarioGame> games(
      checked_count(plain ? *located.value : *located.at("count").value), game);
  for (std::size_t i = 0; i < games.size(); ++i) {
    games[i].game.id = GameId("game-" + std::to_string(i + 1));
  }
  return games;
}

void read_parameters(const Located& located, Scenario& into, Problems& problems) {
  for (const Value::Member& member : located->members) {
    const Located parameter = located.at(member.key);
    const Located initial = parameter.at("default");
    if (initial->kind == Value::Kind::text && initial->text.starts_with('$')) {
      problems.add(initial, "a parameter cannot stand for another one");
      return;
    }
    into.parameters.push_back(
        {member.key, read_drawn(initial, into, problems).range, parameter.at("doc")->text});
  }
}

CountRange read_count_range(const Located& located, Problems& problems) {
  const CountRange range{checked_count(*located.at("least").value),
                         checked_count(*located.at("most").value)};
  if (range.least > range.most) {
    problems.add(located, "\"least\" is above \"most\"; expected the smaller number first");
  }
  return range;
}

/// "crash" means itself, "redis_*" all that begin so.
bool names_kind(std::string_view pattern, std::string_view kind) {
  return pattern.ends_with('*') ? kind.starts_with(pattern.substr(0, pattern.size() - 1))
                                : kind == pattern;
}

/// The kinds that a list names; without a list, all.
std::vector<FaultKind> read_kinds(const Located& located, Problems& problems) {
  std::vector<std::string> words;
  std::vector<FaultKind> kinds;
  for (const FaultRow& row : fault_table()) {
    words.emplace_back(row.name);
    const bool named = !located || std::ranges::any_of(located->items, [&](const Value& item) {
      return names_kind(item.text, row.name);
    });
    if (named) {
      kinds.push_back(row.kind);
    }
  }
  for (std::size_t i = 0; located && i < located->items.size(); ++i) {
    const std::string& pattern = located->items[i].text;
    if (std::ranges::none_of(words,
                             [&](const std::string& kind) { return names_kind(pattern, kind); })) {
      problems.add(located.at(i), unknown_word("fault", pattern, words));
    }
  }
  return kinds;
}

Ratio read_share(const Located& share) {
  return {checked_count(*share.at("hits").value), checked_count(*share.at("of").value)};
}

SwarmProfile read_swarm(const Located& located, const Scenario& scenario, Problems& problems) {
  SwarmProfile swarm;
  swarm.faults = read_kinds(located.at("faults"), problems);
  if (const Located old_wire = located.at("old_wire")) {
    swarm.old_wire = SwarmProfile::OldWire{.share = read_share(old_wire.at("share")),
                                           .faults = read_kinds(old_wire.at("faults"), problems)};
  }
  if (const Located echoes = located.at("echoes")) {
    swarm.echoes = SwarmProfile::Echoes{.share = read_share(echoes.at("share")), .folders = {}};
    for (const Value& folder : echoes.at("scenarios")->items) {
      swarm.echoes->folders.push_back(folder.text);
    }
  }
  swarm.episodes = read_count_range(located.at("episodes"), problems);
  swarm.shards = read_count_range(located.at("shards"), problems);
  swarm.games = read_count_range(located.at("games"), problems);
  if (const Located settings = located.at("settings")) {
    swarm.settings = checked_count(*settings.value);
  }
  for (const auto& [key, into] :
       {std::pair{"services", &swarm.services}, std::pair{"orders", &swarm.orders}}) {
    if (const Located range = located.at(key)) {
      *into = read_count_range(range, problems);
    }
  }
  swarm.calm = checked_span(*located.at("calm").value);
  if (swarm.calm >= scenario.duration) {
    problems.add(located.at("calm"), "no time is left for faults; expected less than the run's " +
                                         span_text(scenario.duration));
  }
  return swarm;
}

std::vector<std::string> read_invariants(const Located& located, Problems& problems) {
  std::vector<std::string> words;
  for (const InvariantRow& row : invariant_rows()) {
    words.emplace_back(row.id);
  }
  std::vector<std::string> ids;
  if (!located) {
    return ids;
  }
  for (std::size_t i = 0; i < located->items.size(); ++i) {
    ids.push_back(located->items[i].text);
    if (std::ranges::find(words, ids.back()) == words.end()) {
      problems.add(located.at(i), unknown_word("invariant", ids.back(), words));
    }
  }
  return ids;
}

PolicySpec read_policy(const std::string& name, const Located& file, const Located& policy,
                       const PolicyFiles& files, const Scenario& scenario, Problems& problems) {
  PolicySpec spec;
  spec.name = name;
  const auto base = files.find(name);
  if (base == files.end() && name != hardened_policy) {
    problems.add(policy, "the settings of this policy are missing: expected the file policies/" +
                             name + ".json beside the folders of the scenarios");
    return spec;
  }
  read_policy_settings(file, policy,
                       base == files.end() ? SettingSource{"policy " + name, {}} : base->second,
                       scenario, problems, spec);
  spec.violates = read_invariants(policy.at("violates"), problems);
  spec.may_violate = read_invariants(policy.at("may_violate"), problems);
  read_expectations(policy.at("expect"), scenario, problems, spec.expectations);
  return spec;
}

Scenario understand(const Located& file, const PolicyFiles& files, Problems& problems) {
  Scenario scenario;
  scenario.name = file.at("name")->text;
  scenario.title = file.at("title")->text;
  scenario.source = file.at("source")->text;
  scenario.duration = checked_span(*file.at("duration").value);
  if (scenario.duration <= Duration{} || scenario.duration > std::chrono::hours{24 * 30}) {
    problems.add(file.at("duration"), "expected a duration above 0s and up to 720h");
  }
  scenario.shards = read_shards(file.at("fleet").at("shards"), problems);
  scenario.old_wire = read_old_wire(file.at("fleet").at("old_wire_shards"), scenario, problems);
  scenario.redis = read_redis(file.at("fleet"));
  if (const Located store = file.at("fleet").at("store")) {
    scenario.store = store->text == "memory" ? StoreKind::memory : StoreKind::sqlite;
  }
  scenario.services = read_services(file.at("fleet").at("services"), problems);
  check_names_apart(file.at("fleet"), scenario, problems);
  scenario.games = read_games(file.at("games"), problems);
  if (const Located network = file.at("network")) {
    scenario.latency = read_between(network.at("latency"), problems);
  }
  if (const Located parameters = file.at("parameters")) {
    read_parameters(parameters, scenario, problems);
  }
  const Located faults = file.at("faults");
  for (std::size_t i = 0; i < faults->items.size(); ++i) {
    scenario.faults.push_back(read_fault(faults.at(i), scenario, problems));
  }
  if (const Located orders = file.at("orders")) {
    for (std::size_t i = 0; i < orders->items.size(); ++i) {
      scenario.orders.push_back(read_order(orders.at(i), scenario, problems));
    }
  }
  if (const Located swarm = file.at("swarm")) {
    scenario.swarm = read_swarm(swarm, scenario, problems);
  }
  const Located policies = file.at("policies");
  if (policies->members.empty()) {
    problems.add(policies, "a scenario needs at least one policy: " + std::string(hardened_policy));
  }
  for (const Value::Member& member : policies->members) {
    scenario.policies.push_back(
        read_policy(member.key, file, policies.at(member.key), files, scenario, problems));
  }
  return scenario;
}

}  // namespace

const std::vector<std::string>& policy_names() {
  static const std::vector<std::string> names{std::string(hardened_policy),
                                              std::string(as_analysed_policy)};
  return names;
}

namespace {

std::vector<std::string> numbered(std::string_view stem, unsigned first, unsigned count) {
  std::vector<std::string> names;
  for (unsigned i = 0; i < count; ++i) {
    names.push_back(std::string(stem) + std::to_string(first + i));
  }
  return names;
}

}  // namespace

std::vector<std::string> RedisFleet::replica_names() const {
  return numbered("redis-", 2, replicas);
}

std::vector<std::string> RedisFleet::sentinel_names() const {
  return numbered("sentinel-", 1, sentinels);
}

const PolicySpec* Scenario::policy(std::string_view policy_name) const {
  const auto found = std::ranges::find(policies, policy_name, &PolicySpec::name);
  return found == policies.end() ? nullptr : &*found;
}

std::map<std::string, std::string> Scenario::second_nodes() const {
  std::map<std::string, std::string> second;
  for (const FaultSpec& fault : faults) {
    if (fault.kind == FaultKind::second_process) {
      for (const std::string& node : fault.nodes) {
        second.emplace(node, node + "-second");
      }
    }
  }
  return second;
}

std::map<std::string, std::string> Scenario::strangers() const {
  std::map<std::string, std::string> nodes;
  for (const FaultSpec& fault : faults) {
    if (fault.kind == FaultKind::hostile_messages) {
      nodes.emplace(fault.name, "stranger-" + fault.name);
    }
  }
  return nodes;
}

std::optional<std::uint64_t> Scenario::least_max_games(const ShardId& shard) const {
  std::optional<std::uint64_t> least;
  for (const FaultSpec& fault : faults) {
    const std::optional<std::uint64_t>& left = fault.comes_back.max_games;
    if (left && std::ranges::find(fault.nodes, shard.str()) != fault.nodes.end()) {
      least = std::min(least.value_or(*left), *left);
    }
  }
  return least;
}

bool Scenario::ever_old_wire(const ShardId& shard) const {
  return std::ranges::find(old_wire, shard) != old_wire.end() ||
         std::ranges::any_of(faults, [&](const FaultSpec& fault) {
           return fault.comes_back.wire == Wire::old &&
                  std::ranges::find(fault.nodes, shard.str()) != fault.nodes.end();
         });
}

const Parameter* Scenario::parameter(std::string_view parameter_name) const {
  const auto found = std::ranges::find(parameters, parameter_name, &Parameter::name);
  return found == parameters.end() ? nullptr : &*found;
}

std::expected<Scenario, FileProblem> read_scenario(std::string_view text,
                                                   const PolicyFiles& policies) {
  const std::expected<Value, FileProblem> document = parse_document(text);
  if (!document) {
    return std::unexpected(document.error());
  }
  if (auto problem = check_shape(*document, scenario_shape())) {
    return std::unexpected(std::move(*problem));
  }
  Problems problems;
  Scenario scenario = understand({&*document, ""}, policies, problems);
  if (problems.first()) {
    return std::unexpected(*problems.first());
  }
  return scenario;
}

std::expected<SettingSource, FileProblem> read_policy_file(std::string_view text) {
  const std::expected<Value, FileProblem> document = parse_document(text);
  if (!document) {
    return std::unexpected(document.error());
  }
  if (auto problem = check_shape(*document, policy_file_shape())) {
    return std::unexpected(std::move(*problem));
  }
  return settings_of_policy_file(*document);
}

}  // namespace arbees::sim
