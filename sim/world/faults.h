#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/ids.h"
#include "sim/disk/disk.h"
#include "sim/engine/node_index.h"
#include "sim/engine/time.h"
#include "sim/net/links.h"
#include "sim/world/redis_trouble.h"

namespace arbees::sim {

class Machine;
class Network;
class Node;
class Recorder;

using Machines = std::vector<std::unique_ptr<Machine>>;

/// Which way bytes cannot go.
enum class Cut : std::uint8_t { both_ways, one_way };

/// Names a fault that was started: the id of its FaultStarted event, which is also the cause of
/// everything the fault breaks.
using FaultId = EventId;

/// What can be broken in a world. Each call records FaultStarted; `heal` undoes it and records
/// FaultHealed. Faults of one kind may overlap: the target works again when the last one is healed.
/// Never called from inside a step of a program, but where it says so.
class Faults {
 public:
  /// `machines` is indexed by NodeIndex.
  Faults(Network& network, Machines& machines, Recorder& recorder, const SimTime& now);

  /// kill -9: the program and everything of it is gone, its kernel closes its connections. Healing
  /// starts the program, if nobody has meanwhile.
  FaultId crash(NodeIndex node);
  /// The same from inside a step of the program, called by whoever observes what it records: what it has
  /// done until now is done, and nothing more.
  FaultId crash_in_step(NodeIndex node);
  /// SIGSTOP: takes no steps; its kernel goes on accepting connections and bytes. Healing is SIGCONT:
  /// what arrived meanwhile comes first, then the timers that became due, in order.
  FaultId freeze(NodeIndex node);
  /// The whole machine stands still: as `freeze`, and its kernel neither sends nor takes anything. Clocks go on:
  /// those of our programs count suspend.
  FaultId suspend(NodeIndex node);
  /// A second program that calls itself as the one on `node` starts on `second`, with a copy of that node's
  /// disk, while the first goes on. Healing ends both without a word and starts the first again, with what the
  /// second has written: of two stores that both counted on, one would be lost.
  FaultId second_process(NodeIndex node, NodeIndex second);
  /// The program of `node`, which nobody asked for, runs as long as the fault lasts.
  FaultId stranger(NodeIndex node);
  /// By which fault the stranger of that node is there.
  [[nodiscard]] EventId stranger_of(NodeIndex node) const;
  /// The wall clock of a node with a program of the core is set forward, or back, by so much.
  FaultId wall_jump(NodeIndex node, Duration by);
  /// Its monotonic clock gains so many more parts per billion, or loses them.
  FaultId clock_drift(NodeIndex node, std::int64_t ppb);
  /// Something the shard on `node` works with fails that check of it. It notices when it looks (`failing`).
  FaultId fail_check(NodeIndex node, std::string_view check);
  /// The first fault by which a check of the node fails now; none: it passes.
  [[nodiscard]] std::optional<FaultId> failing(NodeIndex node, std::string_view check) const;
  /// Nothing passes from `from` to `to` (nor back, if both ways): bytes, connects and farewells are
  /// held, as TCP retransmits, and pass soon after healing.
  FaultId partition(NodeIndex from, NodeIndex to, Cut cut);
  /// Cuts every node of `from` off every node of `to`, as one fault.
  FaultId partition(std::span<const NodeIndex> from, std::span<const NodeIndex> to, Cut cut);
  /// One-way latency from `from` to `to` and back is drawn from `range`.
  FaultId latency(NodeIndex from, NodeIndex to, DurationRange range);
  /// Nothing between the two arrives any more, on connections that are there or begin meanwhile, and never will:
  /// not even farewells. Unlike a partition it holds nothing back: each side finds out by its own timeouts.
  FaultId black_hole(NodeIndex a, NodeIndex b);
  /// So many bytes a second pass from `from` to `to`, and as many back.
  FaultId bandwidth(NodeIndex from, NodeIndex to, std::uint64_t bytes_per_second);
  /// What arrives between the two is read in pieces that end anywhere, some late and merged with others.
  FaultId chop_reads(NodeIndex a, NodeIndex b);
  /// The next bytes from `from` to `to` arrive in part, and then their connection breaks. Once.
  FaultId reset_mid_frame(NodeIndex from, NodeIndex to);
  /// The program of `node` reads so many bytes a second of each connection: back-pressure reaches the writer.
  FaultId slow_reader(NodeIndex node, std::uint64_t bytes_per_second);
  /// The machine of a program of the core is overloaded: each step of the program takes a while, drawn from `step`.
  FaultId slow(NodeIndex node, DurationRange step);
  /// Connects to `node` are refused while its program lives on (a full backlog, a firewall).
  FaultId refuse(NodeIndex node);
  /// Breaks every connection between two nodes, once; healed at once.
  FaultId reset_connections(NodeIndex a, NodeIndex b);
  /// The power of a machine fails: as `crash`, and what its disk has not synced is lost, torn or not
  /// (drawn). Healing as of `crash`.
  FaultId lose_power(NodeIndex node);
  /// The program ends, and the files of its disk are replaced by an older copy. Healing as of `crash`.
  FaultId restore_store(NodeIndex node, const Disk::Copy& copy);
  /// Something about the disk of a node that runs a program of the core.
  FaultId trouble(NodeIndex node, const DiskTrouble& trouble);
  /// Something about a Redis server that runs (redis_troubles.h). One that is loading was started
  /// again first. Killed clients: healed at once.
  FaultId trouble(NodeIndex redis, const RedisTrouble& trouble);

  /// Ends a fault. Healing one that is over already does nothing.
  void heal(FaultId fault);
  [[nodiscard]] bool active(FaultId fault) const { return active_.contains(fault); }
  /// Ends every fault, in the order they were started.
  void heal_all();

 private:
  enum class Kind : std::uint8_t {
    crash,
    freeze,
    suspend,
    second_process,
    stranger,
    wall_jump,
    clock_drift,
    check,
    partition,
    latency,
    refuse,
    reset,
    redis,
    black_hole,
    bandwidth,
    chop_reads,
    reset_mid_frame,
    slow_reader,
    slow,
    power_loss,
    store_restored,
    disk
  };
  struct Active {
    Kind kind;
    std::string target;
    std::vector<NodeIndex> nodes;
    std::vector<LinkKey> links;
    std::optional<RedisTrouble> redis = {};
    std::optional<DiskTrouble> disk = {};
    std::string check = {};
    Duration jump = {};
    std::int64_t drift_ppb = 0;
  };

  [[nodiscard]] static std::string_view name(const Active& fault);
  [[nodiscard]] static bool ends_program(Kind kind);
  FaultId begin(Active fault, std::string_view detail);
  FaultId begin_between(Kind kind, NodeIndex a, NodeIndex b, std::string_view detail);
  void undo(FaultId fault, const Active& ended, EventId healed);
  /// A machine that is started anew is not suspended any more, nor are its links.
  void wake(NodeIndex node);
  void end_second(const Active& ended, EventId fault, EventId healed);
  FaultId end_program(Kind kind, NodeIndex node);
  [[nodiscard]] bool holds(Kind kind, NodeIndex node) const;
  /// A fault keeps the program of the node from running.
  [[nodiscard]] bool kept_down(NodeIndex node) const;
  [[nodiscard]] bool held_still(NodeIndex node) const;
  [[nodiscard]] Node& program_node(NodeIndex node);
  [[nodiscard]] Disk& disk(NodeIndex node);
  [[nodiscard]] std::string group_text(std::span<const NodeIndex> group) const;

  Network& network_;
  Machines& machines_;
  Recorder& recorder_;
  const SimTime& now_;
  std::map<FaultId, Active> active_;
};

/// A fault that heals when it goes out of scope. The world must outlive it.
class ScopedFault {
 public:
  ScopedFault(Faults& faults, FaultId fault) : faults_(faults), fault_(fault) {}
  ~ScopedFault() { faults_.heal(fault_); }
  ScopedFault(const ScopedFault&) = delete;
  ScopedFault& operator=(const ScopedFault&) = delete;

  [[nodiscard]] FaultId id() const { return fault_; }

 private:
  Faults& faults_;
  FaultId fault_;
};

}  // namespace arbees::sim
