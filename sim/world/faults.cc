#include "sim/world/faults.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/assert.h"
#include "sim/engine/recorder.h"
#include "sim/net/network.h"
#include "sim/node/machine.h"
#include "sim/node/node.h"
#include "sim/world/events.h"
#include "sim/world/redis_node.h"

namespace arbees::sim {

Faults::Faults(Network& network, Machines& machines, Recorder& recorder, const SimTime& now)
    : network_(network), machines_(machines), recorder_(recorder), now_(now) {}

FaultId Faults::crash(NodeIndex node) { return end_program(Kind::crash, node); }

FaultId Faults::crash_in_step(NodeIndex node) {
  const FaultId fault = begin({.kind = Kind::crash,
                               .target = std::string(recorder_.name(node)),
                               .nodes = {node},
                               .links = {}},
                              "in the middle of a step");
  program_node(node).crash_in_step(fault);
  return fault;
}

FaultId Faults::lose_power(NodeIndex node) {
  const FaultId fault = end_program(Kind::power_loss, node);
  if (dynamic_cast<Node*>(machines_[value(node)].get()) != nullptr) {
    disk(node).lose_power(fault);
  }
  return fault;
}

FaultId Faults::restore_store(NodeIndex node, const Disk::Copy& copy) {
  const FaultId fault = end_program(Kind::store_restored, node);
  disk(node).replace(copy);
  return fault;
}

FaultId Faults::trouble(NodeIndex node, const DiskTrouble& trouble) {
  const FaultId fault = begin({.kind = Kind::disk,
                               .target = std::string(recorder_.name(node)),
                               .nodes = {node},
                               .links = {},
                               .disk = trouble},
                              "");
  disk(node).trouble(fault, trouble);
  return fault;
}

FaultId Faults::end_program(Kind kind, NodeIndex node) {
  Machine& machine = *machines_[value(node)];
  const bool off = machine.state() == Machine::State::off;
  const FaultId fault = begin(
      {.kind = kind, .target = std::string(recorder_.name(node)), .nodes = {node}, .links = {}},
      off ? "was off already" : "");
  if (!off) {
    machine.crash(fault);
  }
  wake(node);
  return fault;
}

void Faults::wake(NodeIndex node) {
  for (auto& [id, fault] : active_) {
    if (fault.kind == Kind::suspend && fault.nodes.front() == node) {
      for (const LinkKey link : std::exchange(fault.links, {})) {
        network_.heal(link, id);
      }
    }
  }
}

FaultId Faults::freeze(NodeIndex node) {
  Machine& machine = *machines_[value(node)];
  const bool running = machine.state() == Machine::State::running;
  const FaultId fault = begin({.kind = Kind::freeze,
                               .target = std::string(recorder_.name(node)),
                               .nodes = {node},
                               .links = {}},
                              running ? "" : "was not running");
  if (running) {
    machine.freeze(fault);
  }
  return fault;
}

FaultId Faults::suspend(NodeIndex node) {
  Machine& machine = *machines_[value(node)];
  const bool running = machine.state() == Machine::State::running;
  std::vector<LinkKey> links;
  for (const std::unique_ptr<Machine>& other : machines_) {
    if (other != nullptr && other->index() != node) {
      links.push_back({.from = node, .to = other->index()});
      links.push_back(links.back().reversed());
    }
  }
  const FaultId fault = begin({.kind = Kind::suspend,
                               .target = std::string(recorder_.name(node)),
                               .nodes = {node},
                               .links = running ? links : std::vector<LinkKey>{}},
                              running ? "" : "was not running");
  if (running) {
    for (const LinkKey link : links) {
      network_.block(link, fault);
    }
    machine.freeze(fault);
  }
  return fault;
}

FaultId Faults::second_process(NodeIndex node, NodeIndex second) {
  Machine& machine = *machines_[value(second)];
  const bool off = machine.state() == Machine::State::off;
  const FaultId fault = begin({.kind = Kind::second_process,
                               .target = std::string(recorder_.name(node)),
                               .nodes = {node, second},
                               .links = {}},
                              off ? "" : "was there already");
  if (off) {
    disk(second).replace(disk(node).copy());
    machine.start(fault);
  }
  return fault;
}

void Faults::end_second(const Active& ended, EventId fault, EventId healed) {
  const NodeIndex first = ended.nodes.front();
  const NodeIndex second = ended.nodes.back();
  if (holds(Kind::second_process, second)) {
    return;  // another fault of that kind is still on it
  }
  for (const NodeIndex node : {second, first}) {
    if (machines_[value(node)]->state() != Machine::State::off) {
      machines_[value(node)]->crash(fault);
    }
    wake(node);
  }
  disk(first).replace(disk(second).copy());
  if (!kept_down(first)) {
    machines_[value(first)]->start(healed);
  }
}

FaultId Faults::stranger(NodeIndex node) {
  Machine& machine = *machines_[value(node)];
  const bool off = machine.state() == Machine::State::off;
  const FaultId fault = begin({.kind = Kind::stranger,
                               .target = std::string(recorder_.name(node)),
                               .nodes = {node},
                               .links = {}},
                              off ? "" : "was there already");
  if (off) {
    machine.start({});  // Felt is what it does, not that it is there.
  }
  return fault;
}

EventId Faults::stranger_of(NodeIndex node) const {
  const auto found = std::ranges::find_if(active_, [&](const auto& entry) {
    return entry.second.kind == Kind::stranger && entry.second.nodes.front() == node;
  });
  return found == active_.end() ? EventId{} : found->first;
}

FaultId Faults::wall_jump(NodeIndex node, Duration by) {
  const FaultId fault = begin({.kind = Kind::wall_jump,
                               .target = std::string(recorder_.name(node)),
                               .nodes = {node},
                               .links = {},
                               .jump = by},
                              std::to_string(by.count()) + " ns");
  program_node(node).clock().jump_wall(fault, by);
  return fault;
}

FaultId Faults::clock_drift(NodeIndex node, std::int64_t ppb) {
  const FaultId fault = begin({.kind = Kind::clock_drift,
                               .target = std::string(recorder_.name(node)),
                               .nodes = {node},
                               .links = {},
                               .drift_ppb = ppb},
                              std::to_string(ppb) + " ppb");
  program_node(node).clock().drift(fault, ppb);
  return fault;
}

FaultId Faults::fail_check(NodeIndex node, std::string_view check) {
  return begin({.kind = Kind::check,
                .target = std::string(recorder_.name(node)),
                .nodes = {node},
                .links = {},
                .check = std::string(check)},
               check);
}

std::optional<FaultId> Faults::failing(NodeIndex node, std::string_view check) const {
  const auto found = std::ranges::find_if(active_, [&](const auto& entry) {
    return entry.second.kind == Kind::check && entry.second.check == check &&
           std::ranges::count(entry.second.nodes, node) > 0;
  });
  return found == active_.end() ? std::nullopt : std::optional(found->first);
}

FaultId Faults::partition(NodeIndex from, NodeIndex to, Cut cut) {
  const std::array<NodeIndex, 1> a{from};
  const std::array<NodeIndex, 1> b{to};
  return partition(a, b, cut);
}

FaultId Faults::partition(std::span<const NodeIndex> from, std::span<const NodeIndex> to, Cut cut) {
  std::vector<LinkKey> links;
  for (const NodeIndex a : from) {
    for (const NodeIndex b : to) {
      links.push_back({.from = a, .to = b});
      if (cut == Cut::both_ways) {
        links.push_back({.from = b, .to = a});
      }
    }
  }
  const FaultId fault =
      begin({.kind = Kind::partition,
             .target = group_text(from) + (cut == Cut::both_ways ? "<->" : "->") + group_text(to),
             .nodes = {},
             .links = links},
            "");
  for (const LinkKey link : links) {
    network_.block(link, fault);
  }
  return fault;
}

FaultId Faults::latency(NodeIndex from, NodeIndex to, DurationRange range) {
  const LinkKey link{.from = from, .to = to};
  const std::string detail =
      std::to_string(range.lo.count()) + ".." + std::to_string(range.hi.count()) + " ns";
  const std::array<NodeIndex, 1> a{from};
  const std::array<NodeIndex, 1> b{to};
  const FaultId fault = begin({.kind = Kind::latency,
                               .target = group_text(a) + "<->" + group_text(b),
                               .nodes = {},
                               .links = {link, link.reversed()}},
                              detail);
  network_.slow(link, fault, range);
  network_.slow(link.reversed(), fault, range);
  return fault;
}

FaultId Faults::black_hole(NodeIndex a, NodeIndex b) {
  const FaultId fault = begin_between(Kind::black_hole, a, b, "");
  network_.swallow({.from = a, .to = b}, fault);
  network_.swallow({.from = b, .to = a}, fault);
  return fault;
}

FaultId Faults::bandwidth(NodeIndex from, NodeIndex to, std::uint64_t bytes_per_second) {
  const FaultId fault = begin_between(Kind::bandwidth, from, to,
                                      std::to_string(bytes_per_second) + " bytes a second");
  network_.narrow({.from = from, .to = to}, fault, bytes_per_second);
  network_.narrow({.from = to, .to = from}, fault, bytes_per_second);
  return fault;
}

FaultId Faults::chop_reads(NodeIndex a, NodeIndex b) {
  const FaultId fault = begin_between(Kind::chop_reads, a, b, "");
  network_.chop({.from = a, .to = b}, fault);
  network_.chop({.from = b, .to = a}, fault);
  return fault;
}

FaultId Faults::reset_mid_frame(NodeIndex from, NodeIndex to) {
  const FaultId fault = begin_between(Kind::reset_mid_frame, from, to, "");
  network_.tear_next({.from = from, .to = to}, fault);
  return fault;
}

FaultId Faults::slow_reader(NodeIndex node, std::uint64_t bytes_per_second) {
  const FaultId fault = begin({.kind = Kind::slow_reader,
                               .target = std::string(recorder_.name(node)),
                               .nodes = {node},
                               .links = {}},
                              std::to_string(bytes_per_second) + " bytes a second");
  network_.read_slowly(node, fault, bytes_per_second);
  return fault;
}

FaultId Faults::slow(NodeIndex node, DurationRange step) {
  const FaultId fault = begin(
      {.kind = Kind::slow,
       .target = std::string(recorder_.name(node)),
       .nodes = {node},
       .links = {}},
      std::to_string(step.lo.count()) + ".." + std::to_string(step.hi.count()) + " ns a step");
  network_.overload(node, fault, step);
  return fault;
}

FaultId Faults::refuse(NodeIndex node) {
  const FaultId fault = begin({.kind = Kind::refuse,
                               .target = std::string(recorder_.name(node)),
                               .nodes = {node},
                               .links = {}},
                              "");
  network_.refuse(node, fault);
  return fault;
}

FaultId Faults::reset_connections(NodeIndex a, NodeIndex b) {
  const std::array<NodeIndex, 1> one{a};
  const std::array<NodeIndex, 1> other{b};
  const FaultId fault = begin({.kind = Kind::reset,
                               .target = group_text(one) + "<->" + group_text(other),
                               .nodes = {},
                               .links = {}},
                              "");
  network_.reset_between(a, b, fault);
  heal(fault);
  return fault;
}

FaultId Faults::trouble(NodeIndex redis, const RedisTrouble& trouble) {
  RedisNode* node = dynamic_cast<RedisNode*>(machines_[value(redis)].get());
  ensure(node != nullptr, "only a Redis server has its troubles");
  const FaultId fault = begin({.kind = Kind::redis,
                               .target = std::string(recorder_.name(redis)),
                               .nodes = {redis},
                               .links = {},
                               .redis = trouble},
                              "");
  if (trouble.kind == RedisTrouble::Kind::loading && node->state() == Machine::State::running) {
    node->crash(fault);
    node->start(fault);
  }
  node->begin(fault, trouble);
  if (trouble.kind == RedisTrouble::Kind::clients_killed) {
    heal(fault);
  }
  return fault;
}

void Faults::heal(FaultId fault) {
  const auto found = active_.find(fault);
  if (found == active_.end()) {
    return;
  }
  const Active ended = std::move(found->second);
  active_.erase(found);
  const EventId healed = recorder_.record(
      now_, world_node, MonoTime(now_.time_since_epoch()),
      FaultHealed{.fault = std::string(name(ended)), .target = ended.target}, fault);
  undo(fault, ended, healed);
}

void Faults::heal_all() {
  while (!active_.empty()) {
    heal(active_.begin()->first);
  }
}

void Faults::undo(FaultId fault, const Active& ended, EventId healed) {
  for (const LinkKey link : ended.links) {
    network_.heal(link, fault);
  }
  if (ended.kind == Kind::second_process) {
    end_second(ended, fault, healed);
    return;
  }
  for (const NodeIndex node : ended.nodes) {
    Machine& machine = *machines_[value(node)];
    if (ended.kind == Kind::disk) {
      disk(node).heal(fault);
    } else if (ended.kind == Kind::redis) {
      dynamic_cast<RedisNode&>(machine).heal(fault);
    } else if (ended.kind == Kind::refuse) {
      network_.stop_refusing(node, fault);
    } else if (ended.kind == Kind::slow_reader) {
      network_.read_as_usual(node, fault);
    } else if (ended.kind == Kind::slow) {
      network_.relieve(node, fault);
      program_node(node).hurry();
    } else if (ends_program(ended.kind)) {
      if (!kept_down(node) && machine.state() == Machine::State::off) {
        machine.start(healed);
      }
    } else if (ended.kind == Kind::stranger) {
      if (!holds(Kind::stranger, node) && machine.state() != Machine::State::off) {
        machine.crash(healed);
      }
    } else if (ended.kind == Kind::wall_jump) {
      program_node(node).clock().undo_jump(fault, ended.jump);
    } else if (ended.kind == Kind::clock_drift) {
      program_node(node).clock().undo_drift(fault, ended.drift_ppb);
    } else if ((ended.kind == Kind::freeze || ended.kind == Kind::suspend) && !held_still(node) &&
               machine.state() == Machine::State::frozen) {
      machine.thaw(healed);
    }
  }
}

FaultId Faults::begin(Active fault, std::string_view detail) {
  const FaultId id = recorder_.record(
      now_, world_node, MonoTime(now_.time_since_epoch()),
      FaultStarted{
          .fault = std::string(name(fault)), .target = fault.target, .detail = std::string(detail)},
      {});
  active_.emplace(id, std::move(fault));
  return id;
}

FaultId Faults::begin_between(Kind kind, NodeIndex a, NodeIndex b, std::string_view detail) {
  const LinkKey link{.from = a, .to = b};
  std::string target(recorder_.name(a));
  target.append(kind == Kind::reset_mid_frame ? "->" : "<->").append(recorder_.name(b));
  return begin(
      {.kind = kind, .target = std::move(target), .nodes = {}, .links = {link, link.reversed()}},
      detail);
}

bool Faults::holds(Kind kind, NodeIndex node) const {
  return std::ranges::any_of(active_, [&](const auto& entry) {
    return entry.second.kind == kind && std::ranges::count(entry.second.nodes, node) > 0;
  });
}

bool Faults::ends_program(Kind kind) {
  return kind == Kind::crash || kind == Kind::power_loss || kind == Kind::store_restored;
}

bool Faults::kept_down(NodeIndex node) const {
  return holds(Kind::crash, node) || holds(Kind::power_loss, node) ||
         holds(Kind::store_restored, node);
}

bool Faults::held_still(NodeIndex node) const {
  return holds(Kind::freeze, node) || holds(Kind::suspend, node);
}

Node& Faults::program_node(NodeIndex node) {
  Node* found = dynamic_cast<Node*>(machines_[value(node)].get());
  ensure(found != nullptr,
         "only a node with a program of the core has clocks and a disk of its own");
  return *found;
}

Disk& Faults::disk(NodeIndex node) { return program_node(node).disk(); }

std::string Faults::group_text(std::span<const NodeIndex> group) const {
  std::string text;
  for (const NodeIndex node : group) {
    text.append(text.empty() ? "" : ",").append(recorder_.name(node));
  }
  return text;
}

std::string_view Faults::name(const Active& fault) {
  switch (fault.kind) {
    case Kind::crash: return "crash";
    case Kind::freeze: return "freeze";
    case Kind::suspend: return "suspend";
    case Kind::second_process: return "second_process";
    case Kind::stranger: return "hostile_messages";
    case Kind::wall_jump: return "wall_jump";
    case Kind::clock_drift: return "clock_drift";
    case Kind::check: return "check_failing";
    case Kind::partition: return "partition";
    case Kind::latency: return "latency";
    case Kind::refuse: return "refuse";
    case Kind::reset: return "reset";
    case Kind::redis: return sim::name(fault.redis->kind);
    case Kind::black_hole: return "black_hole";
    case Kind::bandwidth: return "bandwidth";
    case Kind::chop_reads: return "chop_reads";
    case Kind::reset_mid_frame: return "reset_mid_frame";
    case Kind::slow_reader: return "slow_reader";
    case Kind::slow: return "slow";
    case Kind::power_loss: return "power_loss";
    case Kind::store_restored: return "store_restored";
    case Kind::disk: return sim::name(fault.disk->kind);
  }
  return "unknown";
}

}  // namespace arbees::sim
