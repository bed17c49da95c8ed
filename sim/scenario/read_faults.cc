#include <algorithm>

#include "core/base/assert.h"
#include "core/settings/decimal.h"
#include "sim/scenario/reading.h"
#include "sim/scenario/span.h"

namespace arbees::sim {
namespace {

constexpr std::string_view every_shard = "shards";
constexpr std::string_view every_replica = "redis-replicas";
constexpr std::string_view every_sentinel = "sentinels";

Duration longest(const DrawnSpan& span) { return span.range.hi; }

bool needs_disk(FaultKind kind) {
  switch (kind) {
    case FaultKind::store_slow:
    case FaultKind::store_error:
    case FaultKind::store_out:
    case FaultKind::disk_full:
    case FaultKind::store_locked:
    case FaultKind::store_restored: return true;
    default: return false;
  }
}

/// Kinds that happen to machines with a program of ours.
bool needs_program(FaultKind kind) {
  return kind == FaultKind::slow || kind == FaultKind::second_process ||
         kind == FaultKind::wall_jump || kind == FaultKind::clock_drift;
}

bool is_program(const std::string& node, const Scenario& scenario) {
  return node == orchestrator_node ||
         std::ranges::find(scenario.shards, ShardId(node)) != scenario.shards.end();
}

const FaultRow& row_named(std::string_view name) {
  const auto found = std::ranges::find(fault_table(), name, &FaultRow::name);
  ensure(found != fault_table().end(), "the shape has been checked");
  return *found;
}

}  // namespace

Duration checked_span(const Value& value) {
  const std::optional<Duration> span = parse_span(value.text);
  ensure(span.has_value(), "the shape has been checked");
  return *span;
}

std::uint64_t checked_count(const Value& value) {
  const std::optional<std::uint64_t> count = parse_count(value.text);
  ensure(count.has_value(), "the shape has been checked");
  return *count;
}

std::vector<std::string> node_words(const Scenario& scenario) {
  std::vector<std::string> words;
  for (const ShardId& shard : scenario.shards) {
    words.push_back(shard.str());
  }
  words.emplace_back(orchestrator_node);
  words.emplace_back(redis_node);
  words.emplace_back(every_shard);
  words.insert(words.end(), scenario.services.begin(), scenario.services.end());
  for (const auto& [first, second] : scenario.second_nodes()) {
    words.push_back(second);
  }
  for (const auto& [names, group] : {std::pair{scenario.redis.replica_names(), every_replica},
                                     std::pair{scenario.redis.sentinel_names(), every_sentinel}}) {
    words.insert(words.end(), names.begin(), names.end());
    if (!names.empty()) {
      words.emplace_back(group);
    }
  }
  return words;
}

std::vector<std::string> read_nodes(const Located& located, const Scenario& scenario,
                                    Problems& problems) {
  std::vector<std::string> nodes;
  const std::vector<std::string> words = node_words(scenario);
  const auto read_one = [&](const Located& one) {
    if (std::ranges::find(words, one->text) == words.end()) {
      problems.add(one, unknown_word("node", one->text, words));
    } else if (one->text == every_shard) {
      for (const ShardId& shard : scenario.shards) {
        nodes.push_back(shard.str());
      }
    } else if (one->text == every_replica) {
      std::ranges::copy(scenario.redis.replica_names(), std::back_inserter(nodes));
    } else if (one->text == every_sentinel) {
      std::ranges::copy(scenario.redis.sentinel_names(), std::back_inserter(nodes));
    } else {
      nodes.push_back(one->text);
    }
  };
  if (located->kind == Value::Kind::text) {
    read_one(located);
    return nodes;
  }
  for (std::size_t i = 0; i < located->items.size(); ++i) {
    read_one(located.at(i));
  }
  std::vector<std::string> once = nodes;
  std::ranges::sort(once);
  if (std::ranges::adjacent_find(once) != once.end()) {
    problems.add(located, "a node is named twice; once is enough");
  }
  return nodes;
}

DurationRange read_between(const Located& located, Problems& problems) {
  const Located ends = located.at("between");
  const DurationRange range{checked_span(ends->items[0]), checked_span(ends->items[1])};
  if (range.lo > range.hi) {
    problems.add(ends.at(1), ends->items[1].text + " is shorter than " + ends->items[0].text +
                                 "; the shorter span comes first");
  }
  return range;
}

DrawnSpan read_drawn(const Located& located, const Scenario& scenario, Problems& problems) {
  if (located->kind == Value::Kind::object) {
    return {read_between(located, problems), {}};
  }
  if (!located->text.starts_with('$')) {
    const Duration span = checked_span(*located.value);
    return {{span, span}, {}};
  }
  const std::string name = located->text.substr(1);
  if (const Parameter* parameter = scenario.parameter(name)) {
    return {parameter->initial, name};
  }
  std::vector<std::string> words;
  for (const Parameter& parameter : scenario.parameters) {
    words.push_back("$" + parameter.name);
  }
  problems.add(located, words.empty() ? "the file has no parameters, so there is no " +
                                            in_quotes(located->text)
                                      : unknown_word("parameter", located->text, words));
  return {};
}

FaultSpec read_fault(const Located& located, const Scenario& scenario, Problems& problems) {
  const FaultRow& row = row_named(located.at("fault")->text);
  FaultSpec fault{.kind = row.kind, .name = std::string(row.name)};
  if (const Located name = located.at("name")) {
    fault.name = name->text;
  }
  for (const FaultSpec& other : scenario.faults) {
    if (other.name == fault.name) {
      problems.add(located, "there is another fault called \"" + fault.name +
                                "\"; give each of them a \"name\" of its own");
    }
  }
  fault.at = read_drawn(located.at("at"), scenario, problems);
  if (const Located lasts = located.at("for")) {
    fault.lasts = read_drawn(lasts, scenario, problems);
  }
  for (const auto& [key, into] : {std::pair{"target", &fault.nodes},
                                  std::pair{"from", &fault.nodes}, std::pair{"to", &fault.peers}}) {
    if (const Located nodes = located.at(key)) {
      *into = read_nodes(nodes, scenario, problems);
    }
  }
  for (const auto& [key, into] : {std::pair{"up", &fault.up}, std::pair{"down", &fault.down}}) {
    if (const Located span = located.at(key)) {
      *into = read_drawn(span, scenario, problems);
      if (into->range.lo <= Duration{}) {
        problems.add(span, "Redis cannot be " + std::string(key) + " for no time at all");
      }
    }
  }
  if (const Located latency = located.at("latency")) {
    fault.latency = read_between(latency, problems);
  }
  if (const Located delay = located.at("delay")) {
    fault.delay = read_between(delay, problems);
  }
  if (fault.kind == FaultKind::rolling_upgrade) {
    for (const ShardId& shard : scenario.shards) {
      fault.nodes.push_back(shard.str());
    }
  }
  if (const Located disk = located.at("disk")) {
    fault.loses_store = disk->text == "lost";
    if (fault.loses_store && scenario.store != StoreKind::sqlite) {
      problems.add(disk, "a store in memory has no disk to lose");
    }
  }
  if (const Located as = located.at("as")) {
    fault.forged = as->text;
    if (std::ranges::find(scenario.shards, ShardId(as->text)) == scenario.shards.end()) {
      problems.add(as, "\"" + as->text + "\" is no shard");
    }
  }
  if (const Located message = located.at("message")) {
    const auto* const found = std::ranges::find(hostile_words, message->text);
    fault.hostile = static_cast<HostileKind>(found - hostile_words.begin());
  }
  if (const Located step = located.at("step")) {
    fault.step = read_between(step, problems);
  }
  if (const Located check = located.at("check")) {
    fault.check = check->text;
    for (const std::string& node : fault.nodes) {
      if (std::ranges::find(scenario.shards, ShardId(node)) == scenario.shards.end()) {
        problems.add(located.at("target"), "\"" + node + "\" is no shard, and has no such check");
      }
    }
  }
  if (const Located wire = located.at("wire")) {
    fault.comes_back.wire = wire->text == "old" ? Wire::old : Wire::ours;
  }
  if (const Located max_games = located.at("max_games")) {
    fault.comes_back.max_games = checked_count(*max_games.value);
  }
  for (const std::string& node : fault.nodes) {
    const bool changed = fault.comes_back.wire || fault.comes_back.max_games;
    if (changed && std::ranges::find(scenario.shards, ShardId(node)) == scenario.shards.end()) {
      problems.add(located.at("target"), "\"" + node + "\" is no shard, and comes back as it was");
    }
  }
  if (const Located channel = located.at("channel")) {
    fault.channel = channel->text;
  }
  if (const Located share = located.at("share")) {
    fault.share = {checked_count(*share.at("hits").value), checked_count(*share.at("of").value)};
    if (fault.share.numerator > fault.share.denominator) {
      problems.add(share, "more hits than there are; \"hits\" is at most \"of\"");
    }
  }
  if (const Located every = located.at("every"); every && row.kind == FaultKind::hostile_messages) {
    fault.message_every = read_between(every, problems);
  } else if (every) {
    fault.every = read_drawn(every, scenario, problems);
    if (fault.every.range.lo <= Duration{}) {
      problems.add(every, "no range of latency can last no time at all");
    }
  }
  if (const Located age = located.at("age")) {
    fault.age = read_drawn(age, scenario, problems);
    if (longest(fault.age) > fault.at.range.lo) {
      problems.add(age, "the copy would be older than the run");
    }
  }
  for (const std::string& node : fault.nodes) {
    if (needs_program(fault.kind) && !is_program(node, scenario)) {
      problems.add(located.at("target"),
                   "\"" + node + "\" is neither a shard nor the orchestrator");
    }
    if (fault.kind == FaultKind::second_process && node == orchestrator_node &&
        scenario.store != StoreKind::sqlite) {
      problems.add(located.at("target"), "a store in memory cannot be copied for a second one");
    }
  }
  if (const Located by = located.at("by")) {
    fault.by = read_drawn(by, scenario, problems);
  }
  if (const Located ppm = located.at("ppm")) {
    fault.ppm = checked_count(*ppm.value);
  }
  if (const Located way = located.at("way")) {
    fault.backwards = way->text == "back" || way->text == "slow";
  }
  if (const Located order = located.at("order")) {
    fault.overtaken = order->text == "lost";
  }
  if (needs_disk(fault.kind) && scenario.store != StoreKind::sqlite) {
    problems.add(located.at("fault"),
                 "a store in memory has no disk; leave \"store\": \"memory\" out of the fleet");
  }
  if (const Located rate = located.at("bytes_per_second")) {
    const auto bytes = parse_count(rate->text);
    ensure(bytes.has_value(), "the shape has been checked");
    fault.bytes_per_second = *bytes;
  }
  if (longest(fault.at) >= scenario.duration) {
    problems.add(located.at("at"),
                 "the fault would start at or after the end of the run, which is at " +
                     span_text(scenario.duration));
  }
  for (const std::string& node : fault.nodes) {
    if (std::ranges::find(fault.peers, node) != fault.peers.end()) {
      problems.add(located.at("to"), "\"" + node + "\" is on both sides");
    }
  }
  return fault;
}

}  // namespace arbees::sim
