#include "sim/runner/fault_schedule.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/assert.h"

namespace arbees::sim {
namespace {

/// What a fault of this kind is to a Redis server that runs; none: something else.
std::optional<RedisTrouble::Kind> trouble_of(FaultKind kind) {
  using Trouble = RedisTrouble::Kind;
  switch (kind) {
    case FaultKind::redis_loading: return Trouble::loading;
    case FaultKind::redis_oom: return Trouble::out_of_memory;
    case FaultKind::redis_misconf: return Trouble::cannot_save;
    case FaultKind::redis_readonly: return Trouble::read_only;
    case FaultKind::redis_busy: return Trouble::busy;
    case FaultKind::redis_full: return Trouble::full;
    case FaultKind::redis_password: return Trouble::password;
    case FaultKind::redis_no_channels: return Trouble::no_channels;
    case FaultKind::redis_slow: return Trouble::slow;
    case FaultKind::redis_flood: return Trouble::flood;
    case FaultKind::redis_replies_lost: return Trouble::replies_lost;
    case FaultKind::redis_messages_lost: return Trouble::messages_lost;
    case FaultKind::redis_messages_duplicated: return Trouble::messages_duplicated;
    case FaultKind::redis_messages_delayed: return Trouble::messages_delayed;
    case FaultKind::redis_clients_killed: return Trouble::clients_killed;
    default: return std::nullopt;
  }
}

/// What a fault of this kind is to the disk of the orchestrator; none: something else.
std::optional<DiskTrouble::Kind> disk_trouble_of(FaultKind kind) {
  using Trouble = DiskTrouble::Kind;
  switch (kind) {
    case FaultKind::store_slow: return Trouble::slow;
    case FaultKind::store_error: return Trouble::error;
    case FaultKind::store_out: return Trouble::out;
    case FaultKind::disk_full: return Trouble::full;
    case FaultKind::store_locked: return Trouble::locked;
    default: return std::nullopt;
  }
}

}  // namespace

FaultSchedule::FaultSchedule(const Scenario& scenario, const ParameterChoices& choices,
                             World& world, OnRestart on_restart)
    : scenario_(scenario), choices_(choices), world_(world), on_restart_(std::move(on_restart)) {
  for (const Parameter& parameter : scenario.parameters) {
    const auto chosen = choices_.find(parameter.name);
    const DurationRange range = chosen == choices_.end() ? parameter.initial : chosen->second;
    parameters_[parameter.name] =
        world_.streams().get("parameter:" + parameter.name).between(range);
  }
}

Duration FaultSchedule::resolve(const DrawnSpan& span, const std::string& stream) {
  if (!span.parameter.empty()) {
    return parameters_.at(span.parameter);
  }
  const Duration value = world_.streams().get(stream).between(span.range);
  drawn_[stream].push_back(value);
  return value;
}

std::vector<FaultSchedule::Episode> FaultSchedule::flapping(const FaultSpec& fault, SimTime start,
                                                            Duration total) {
  std::vector<Episode> all;
  for (SimTime at = start; at < start + total;) {
    const Duration down = resolve(fault.down, "fault:" + fault.name + ":down");
    const Duration up = resolve(fault.up, "fault:" + fault.name + ":up");
    all.push_back({at, down});
    at += down + up;
  }
  return all;
}

std::vector<FaultSchedule::Episode> FaultSchedule::episodes(const FaultSpec& fault) {
  const SimTime start = SimTime(resolve(fault.at, "fault:" + fault.name + ":at"));
  std::optional<Duration> lasts;
  if (fault.lasts) {
    lasts = resolve(*fault.lasts, "fault:" + fault.name + ":for");
  }
  if (fault.kind == FaultKind::redis_flapping) {
    return flapping(fault, start, *lasts);
  }
  const bool at_once = fault.kind == FaultKind::redis_restart ||
                       fault.kind == FaultKind::connection_reset ||
                       fault.kind == FaultKind::redis_clients_killed;
  return {{start, at_once ? Duration{} : lasts}};
}

std::vector<NodeIndex> FaultSchedule::nodes(const std::vector<std::string>& names) const {
  std::vector<NodeIndex> indices;
  for (const std::string& name : names) {
    const std::optional<NodeIndex> index = world_.find(name);
    ensure(index.has_value(), "the nodes of a scenario are in its world");
    indices.push_back(*index);
  }
  return indices;
}

std::vector<FaultId> FaultSchedule::begin(const FaultSpec& fault) {
  Faults& faults = world_.faults();
  const std::vector<NodeIndex> targets = nodes(fault.nodes);
  const std::vector<NodeIndex> peers = nodes(fault.peers);
  std::vector<FaultId> ids;
  const auto each_target = [&](auto act) {
    for (const NodeIndex node : targets) {
      ids.push_back(act(node));
    }
  };
  const auto each_pair = [&](auto act) {
    for (const NodeIndex node : targets) {
      for (const NodeIndex peer : peers) {
        ids.push_back(act(node, peer));
      }
    }
  };
  const auto redis = [&] { return nodes({std::string(redis_node)}).front(); };
  const auto orchestrator = [&] { return nodes({std::string(orchestrator_node)}).front(); };
  switch (fault.kind) {
    case FaultKind::crash:
      each_target([&](NodeIndex node) {
        return loses_store(fault, node) ? faults.restore_store(node, {}) : faults.crash(node);
      });
      break;
    case FaultKind::pause: each_target([&](NodeIndex node) { return faults.freeze(node); }); break;
    case FaultKind::suspend:
      each_target([&](NodeIndex node) { return faults.suspend(node); });
      break;
    case FaultKind::slow:
      each_target([&](NodeIndex node) { return faults.slow(node, fault.step); });
      break;
    case FaultKind::second_process:
      each_target([&](NodeIndex node) {
        const std::string second = scenario_.second_nodes().at(std::string(world_.name(node)));
        return faults.second_process(node, nodes({second}).front());
      });
      break;
    case FaultKind::wall_jump: {
      const Duration by = resolve(fault.by, "fault:" + fault.name + ":by");
      each_target(
          [&](NodeIndex node) { return faults.wall_jump(node, fault.backwards ? -by : by); });
      break;
    }
    case FaultKind::clock_drift: {
      const auto ppb = static_cast<std::int64_t>(fault.ppm) * 1'000;
      each_target(
          [&](NodeIndex node) { return faults.clock_drift(node, fault.backwards ? -ppb : ppb); });
      break;
    }
    case FaultKind::check_failing:
      each_target([&](NodeIndex node) { return faults.fail_check(node, fault.check); });
      break;
    case FaultKind::redis_down:
    case FaultKind::redis_flapping:
    case FaultKind::redis_restart: ids.push_back(faults.crash(redis())); break;
    case FaultKind::redis_frozen: ids.push_back(faults.freeze(redis())); break;
    case FaultKind::redis_refuse: ids.push_back(faults.refuse(redis())); break;
    case FaultKind::partition:
      ids.push_back(faults.partition(targets, peers, Cut::both_ways));
      break;
    case FaultKind::partition_one_way:
      ids.push_back(faults.partition(targets, peers, Cut::one_way));
      break;
    case FaultKind::latency:
      each_pair([&](NodeIndex a, NodeIndex b) { return faults.latency(a, b, fault.latency); });
      break;
    case FaultKind::connection_reset:
      each_pair([&](NodeIndex a, NodeIndex b) { return faults.reset_connections(a, b); });
      break;
    case FaultKind::redis_loading:
    case FaultKind::redis_oom:
    case FaultKind::redis_misconf:
    case FaultKind::redis_readonly:
    case FaultKind::redis_busy:
    case FaultKind::redis_full:
    case FaultKind::redis_password:
    case FaultKind::redis_no_channels:
    case FaultKind::redis_slow:
    case FaultKind::redis_flood:
    case FaultKind::redis_replies_lost:
    case FaultKind::redis_messages_lost:
    case FaultKind::redis_messages_duplicated:
    case FaultKind::redis_messages_delayed:
    case FaultKind::redis_clients_killed:
      ids.push_back(faults.trouble(redis(), {.kind = *trouble_of(fault.kind),
                                             .delay = fault.delay,
                                             .share = fault.share,
                                             .overtaken = fault.overtaken,
                                             .channel = fault.channel}));
      break;
    case FaultKind::hostile_messages:
      ids.push_back(faults.stranger(nodes({scenario_.strangers().at(fault.name)}).front()));
      break;
    case FaultKind::isolate:
      each_target([&](NodeIndex node) {
        const std::array<NodeIndex, 1> alone{node};
        return faults.partition(alone, others(node), Cut::both_ways);
      });
      break;
    case FaultKind::black_hole:
      each_pair([&](NodeIndex a, NodeIndex b) { return faults.black_hole(a, b); });
      break;
    case FaultKind::bandwidth:
      each_pair(
          [&](NodeIndex a, NodeIndex b) { return faults.bandwidth(a, b, fault.bytes_per_second); });
      break;
    case FaultKind::chop_reads:
      each_pair([&](NodeIndex a, NodeIndex b) { return faults.chop_reads(a, b); });
      break;
    case FaultKind::reset_mid_frame:
      each_pair([&](NodeIndex a, NodeIndex b) { return faults.reset_mid_frame(a, b); });
      break;
    case FaultKind::slow_reader:
      each_target([&](NodeIndex node) { return faults.slow_reader(node, fault.bytes_per_second); });
      break;
    case FaultKind::store_slow:
    case FaultKind::store_error:
    case FaultKind::store_out:
    case FaultKind::disk_full:
    case FaultKind::store_locked:
      ids.push_back(faults.trouble(
          orchestrator(),
          {.kind = *disk_trouble_of(fault.kind), .delay = fault.delay, .share = fault.share}));
      break;
    case FaultKind::power_loss:
      each_target([&](NodeIndex node) { return faults.lose_power(node); });
      break;
    case FaultKind::store_restored:
      ids.push_back(faults.restore_store(orchestrator(), copies_.at(fault.name)));
      break;
    case FaultKind::swizzle:
    case FaultKind::jitter: ensure(false, "made of other faults"); break;
    case FaultKind::restart:
    case FaultKind::rolling_upgrade:
      ensure(false, "a restart is no fault of the world's own");
      break;
  }
  return ids;
}

std::vector<NodeIndex> FaultSchedule::others(NodeIndex node) const {
  std::vector<std::string> names{std::string(orchestrator_node), std::string(redis_node)};
  for (const ShardId& shard : scenario_.shards) {
    names.push_back(shard.str());
  }
  names.insert(names.end(), scenario_.services.begin(), scenario_.services.end());
  for (const auto& [first, second] : scenario_.second_nodes()) {
    names.push_back(second);
  }
  for (const auto& [fault, stranger] : scenario_.strangers()) {
    names.push_back(stranger);
  }
  std::vector<NodeIndex> all = nodes(names);
  std::erase(all, node);
  return all;
}

/// A drawn subset of the links, at least one, each cut in the first third and whole again in the last.
void FaultSchedule::install_swizzle(const FaultSpec& fault, const Episode& episode) {
  Stream& draws = world_.streams().get("fault:" + fault.name + ":links");
  const Duration third = *episode.lasts / 3;
  std::vector<std::pair<NodeIndex, NodeIndex>> links;
  for (const NodeIndex node : nodes(fault.nodes)) {
    for (const NodeIndex peer : nodes(fault.peers)) {
      links.emplace_back(node, peer);
    }
  }
  const auto sure =
      static_cast<std::size_t>(draws.between(0, static_cast<std::int64_t>(links.size()) - 1));
  for (std::size_t i = 0; i < links.size(); ++i) {
    const bool drawn = draws.chance({1, 2});
    const Duration begin = draws.between({Duration{}, third});
    const Duration end = 2 * third + draws.between({Duration{}, third});
    if (i == sure || drawn) {
      at_both_ends(fault, {episode.start + begin, end - begin}, [this, link = links[i]] {
        return world_.faults().partition(link.first, link.second, Cut::both_ways);
      });
    }
  }
}

/// One fault of latency after the other, each with a range drawn within that of the fault.
void FaultSchedule::install_jitter(const FaultSpec& fault, const Episode& episode) {
  Stream& draws = world_.streams().get("fault:" + fault.name + ":latency");
  const SimTime until = episode.start + *episode.lasts;
  for (SimTime at = episode.start; at < until;) {
    const Duration lasts =
        std::min(resolve(fault.every, "fault:" + fault.name + ":every"), until - at);
    const Duration one = draws.between(fault.latency);
    const Duration other = draws.between(fault.latency);
    const DurationRange range{std::min(one, other), std::max(one, other)};
    for (const NodeIndex node : nodes(fault.nodes)) {
      for (const NodeIndex peer : nodes(fault.peers)) {
        at_both_ends(fault, {at, lasts}, [this, node, peer, range] {
          return world_.faults().latency(node, peer, range);
        });
      }
    }
    at += lasts;
  }
}

/// Begins a fault at the start of the episode and heals it at its end.
void FaultSchedule::at_both_ends(const FaultSpec& fault, const Episode& episode,
                                 std::function<FaultId()> begin) {
  world_.at(episode.start, [this, &fault, episode, begin = std::move(begin)] {
    times_[fault.name].started.push_back(world_.now());
    const FaultId begun = begin();
    times_[fault.name].ids.push_back(begun);
    world_.at(world_.now() + *episode.lasts, [this, &fault, id = begun] {
      world_.faults().heal(id);
      times_[fault.name].healed.push_back(world_.now());
    });
  });
}

void FaultSchedule::announce_return(const FaultSpec& fault,
                                    const std::vector<std::string>& targets) {
  for (const std::string& node : targets) {
    if (on_restart_) {
      on_restart_(node, fault.comes_back);
    }
  }
}

bool FaultSchedule::loses_store(const FaultSpec& fault, NodeIndex node) const {
  return fault.loses_store && world_.name(node) == orchestrator_node;
}

void FaultSchedule::install_restart(const FaultSpec& fault, const Episode& episode,
                                    std::vector<std::string> targets) {
  world_.at(episode.start, [this, &fault, episode, targets = std::move(targets)] {
    times_[fault.name].started.push_back(world_.now());
    for (const NodeIndex node : nodes(targets)) {
      if (world_.running(node)) {
        world_.terminate(node);
      }
    }
    world_.at(world_.now() + episode.lasts.value_or(Duration{}), [this, &fault, targets] {
      times_[fault.name].healed.push_back(world_.now());
      announce_return(fault, targets);
      for (const NodeIndex node : nodes(targets)) {
        start_again(fault, node);
      }
    });
  });
}

void FaultSchedule::start_again(const FaultSpec& fault, NodeIndex node) {
  Faults& faults = world_.faults();
  if (loses_store(fault, node)) {
    faults.heal(faults.restore_store(node, {}));
  } else if (world_.running(node)) {
    faults.heal(faults.crash(node));  // it did not end in time: SIGKILL
  } else {
    world_.start(node);
  }
}

/// A step of equal length for each shard, at whose beginning it goes.
void FaultSchedule::install_rolling(const FaultSpec& fault, const Episode& episode) {
  const Duration step = *episode.lasts / static_cast<std::int64_t>(fault.nodes.size());
  SimTime start = episode.start;
  for (const std::string& node : fault.nodes) {
    const Duration down = std::min(step, resolve(fault.down, "fault:" + fault.name + ":down"));
    install_restart(fault, {start, down}, {node});
    start += step;
  }
}

void FaultSchedule::install(const FaultSpec& fault, const Episode& episode) {
  world_.at(episode.start, [this, &fault, episode] {
    times_[fault.name].started.push_back(world_.now());
    std::vector<FaultId> begun = begin(fault);
    FaultMoments& moments = times_[fault.name];
    moments.ids.insert(moments.ids.end(), begun.begin(), begun.end());
    const auto heal = [this, &fault, ids = std::move(begun)] {
      if (fault.kind == FaultKind::crash) {
        announce_return(fault, fault.nodes);
      }
      for (const FaultId id : ids) {
        world_.faults().heal(id);
      }
      times_[fault.name].healed.push_back(world_.now());
    };
    if (episode.lasts == Duration{}) {
      heal();
    } else if (episode.lasts) {
      world_.at(world_.now() + *episode.lasts, heal);
    }
  });
}

void FaultSchedule::install() {
  for (const FaultSpec& fault : scenario_.faults) {
    for (const Episode& episode : episodes(fault)) {
      if (fault.kind == FaultKind::restart) {
        install_restart(fault, episode, fault.nodes);
      } else if (fault.kind == FaultKind::rolling_upgrade) {
        install_rolling(fault, episode);
      } else if (fault.kind == FaultKind::swizzle) {
        install_swizzle(fault, episode);
      } else if (fault.kind == FaultKind::jitter) {
        install_jitter(fault, episode);
      } else {
        if (fault.kind == FaultKind::store_restored) {
          copy_store(fault, episode);
        }
        install(fault, episode);
      }
    }
  }
}

void FaultSchedule::copy_store(const FaultSpec& fault, const Episode& episode) {
  const Duration age = resolve(fault.age, "fault:" + fault.name + ":age");
  world_.at(episode.start - age, [this, &fault] {
    const NodeIndex node = nodes({std::string(orchestrator_node)}).front();
    copies_[fault.name] = world_.disk(node).copy();
  });
}

}  // namespace arbees::sim
