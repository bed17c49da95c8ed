#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/ports/ports.h"
#include "sim/disk/disk.h"
#include "sim/engine/event_queue.h"
#include "sim/engine/stream.h"
#include "sim/node/machine.h"
#include "sim/node/node_clock.h"
#include "sim/node/setup.h"

namespace arbees::sim {

/// What a node shares with the rest of its world.
struct NodeContext {
  EventQueue<SimTime>& queue;
  const SimTime& now;
  Streams& streams;
  Recorder& recorder;
  Network& network;
  SignalFeed& signals;
};

/// A machine that runs a program of the core: its clocks, its ports and its disk. The program and all
/// it holds is destroyed when it crashes or exits, and built anew at the next start.
class Node final : public Machine,
                   private Receiver,
                   private Process,
                   private EventSink,
                   private SignalFeed,
                   private Transport,
                   private ClockWatch {
 public:
  Node(NodeIndex index, NodeSetup setup, const NodeContext& context, const ClockConfig& clocks);
  ~Node() override;

  void terminate() override;
  /// Ends the program in the middle of its step, wherever it is: what it does in the rest of it has no effect.
  void crash_in_step(EventId cause);

  /// What has waited for the program to be through with a slow step need not wait any more.
  void hurry();

  [[nodiscard]] NodeClock& clock() { return clock_; }
  [[nodiscard]] Disk& disk() { return disk_; }

 private:
  struct ExitWish {
    ExitCode code;
    std::string why;
  };

  void run() override;
  void vanish() override;
  void resume() override;
  [[nodiscard]] std::unique_ptr<Store> make_store();

  // Receiver.
  void on_due(std::uint64_t tag) override;
  void supervise();

  void clock_felt(EventId fault) override;

  // Ports. Without effect while no program runs: a destructor that talks finds nobody listening.
  void exit(ExitCode code, std::string_view why) override;
  EventId record(EventView event, EventId cause) override;
  void publish(const Signal& signal, EventId cause) override;
  std::unique_ptr<Connection> connect(const Endpoint& endpoint,
                                      ConnectionHandler& handler) override;

  NodeContext context_;
  NodeSetup setup_;
  AlarmId wake_;       ///< the next timer of the program
  AlarmId supervise_;  ///< signals to the program, its exit, its restart
  NodeClock clock_;
  Disk disk_;
  StoreImage image_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Ports> ports_;
  std::unique_ptr<Program> program_;
  bool terminate_asked_ = false;
  std::optional<ExitWish> exit_wish_;
};

}  // namespace arbees::sim
