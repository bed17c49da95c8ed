#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/ports/transport.h"
#include "sim/engine/event_queue.h"
#include "sim/engine/node_index.h"
#include "sim/engine/recorder.h"
#include "sim/engine/stream.h"
#include "sim/net/channel.h"
#include "sim/net/config.h"
#include "sim/net/links.h"

namespace arbees::sim {

/// A program that serves connections on a simulated host.
class Acceptor {
 public:
  virtual ~Acceptor() = default;
  /// A client has connected. The acceptor owns the connection from here on and says who handles it.
  virtual ConnectionHandler& on_accept(std::unique_ptr<Connection> connection) = 0;
};

/// The simulated network: hosts with a kernel each, and TCP between them, as far as a program can tell.
///
/// Modelled: latency per segment, order, bounded buffers and back-pressure, retransmission across
/// partitions, lost acknowledgements of a one-way cut, TCP_USER_TIMEOUT, connects that hang, are
/// refused or wait in the backlog of a frozen program, reads that end anywhere; bandwidth and slow
/// readers only as faults.
/// Not modelled: slow start, a bounded backlog, keepalive probes.
///
/// Each call of a handler is a step; none happens inside a call of a program to the network.
class Network final : private Receiver {
 public:
  Network(EventQueue<SimTime>& queue, const SimTime& now, Stream& draws, Recorder& recorder,
          const NetworkConfig& config);
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  /// A host whose program does not run yet. Reached under the name its node has in the recorder.
  void add_host(NodeIndex host);

  // Life of the program on a host. Its kernel outlives it.
  void process_started(NodeIndex host);
  /// Takes no more steps; connections and bytes still arrive. `cause` is what froze it.
  void process_frozen(NodeIndex host, EventId cause);
  /// Goes on; what has arrived meanwhile is delivered inside this call, in order of arrival.
  void process_thawed(NodeIndex host);
  /// The program is no more: nothing is told to it, its listeners are gone, and its kernel ends each
  /// of its connections with `reason` as the other side sees it. As Linux does, it resets those that
  /// held bytes the program has not read, and those it has not accepted, whatever `reason` says.
  void process_ended(NodeIndex host, CloseReason reason, EventId cause);

  /// The program has taken a step that the network does not know of: a timer's, say.
  void took_step(NodeIndex host);
  /// Whether the program is not through with its last step. Whoever asks has something for it.
  [[nodiscard]] bool busy(NodeIndex host);
  /// From when on it takes the next one.
  [[nodiscard]] SimTime busy_until(NodeIndex host) { return this->host(host).busy_until; }

  /// Serves `port` until the program ends. `acceptor` must live that long.
  void listen(NodeIndex host, std::uint16_t port, Acceptor& acceptor);
  /// Starts an attempt from `host`. No Unix socket exists here: such an endpoint is unreachable.
  [[nodiscard]] std::unique_ptr<Connection> connect(NodeIndex host, const Endpoint& endpoint,
                                                    ConnectionHandler& handler);

  // What faults do.
  void block(LinkKey link, EventId fault) {
    touch(link).block(fault);
    unfelt_.insert(fault);
  }
  void slow(LinkKey link, EventId fault, DurationRange latency) {
    touch(link).slow(fault, latency);
    unfelt_.insert(fault);
  }
  /// What is sent between the two, on connections that are there or are begun until it is healed, vanishes for good, farewells
  /// too: each side finds out by itself.
  void swallow(LinkKey link, EventId fault);
  void narrow(LinkKey link, EventId fault, std::uint64_t bytes_per_second) {
    touch(link).narrow(fault, bytes_per_second);
    unfelt_.insert(fault);
  }
  /// What arrives is read in pieces of any size, some of them late and merged.
  void chop(LinkKey link, EventId fault) {
    touch(link).chop(fault);
    unfelt_.insert(fault);
  }
  /// The next bytes on the link arrive in part, and then their connection breaks.
  void tear_next(LinkKey link, EventId fault) {
    touch(link).tear(fault);
    unfelt_.insert(fault);
  }
  /// The program of `host` reads no more than so much a second of each connection.
  void read_slowly(NodeIndex host, EventId fault, std::uint64_t bytes_per_second) {
    this->host(host).slow_reads.push_back({fault, bytes_per_second});
    unfelt_.insert(fault);
  }
  void read_as_usual(NodeIndex host, EventId fault);
  /// Each step of the program of `host` takes a while, drawn from `step`; what comes meanwhile waits for its turn.
  void overload(NodeIndex host, EventId fault, DurationRange step);
  void relieve(NodeIndex host, EventId fault);
  void heal(LinkKey link, EventId fault);
  void refuse(NodeIndex host, EventId fault) {
    this->host(host).refusals.push_back(fault);
    unfelt_.insert(fault);
  }
  void stop_refusing(NodeIndex host, EventId fault);
  /// Breaks every connection between the two at once, as a device between them would.
  void reset_between(NodeIndex a, NodeIndex b, EventId fault);

  [[nodiscard]] std::size_t connections() const {
    return channels_.size() - free_.size() - graveyard_.size();
  }
  /// Directions of connections on which something is under way, or was when last looked at.
  [[nodiscard]] std::size_t busy_directions() const {
    return buffers_.size() - free_buffers_.size();
  }

 private:
  class Socket;
  enum class ProcessState : std::uint8_t { ended, running, frozen };

  struct EndRef {
    Channel* channel;
    std::uint64_t serial;
    unsigned side;
  };
  struct Listener {
    std::uint16_t port;
    Acceptor* acceptor;
  };
  struct Overload {
    EventId fault;
    DurationRange step;
  };
  struct Host {
    bool known = false;
    ProcessState state = ProcessState::ended;
    EventId state_cause;  ///< what froze or ended the program
    std::vector<Listener> listeners;
    std::vector<EventId> refusals;
    std::vector<Narrowed> slow_reads;
    std::vector<Overload> overloads;
    SimTime busy_until{};         ///< with a step that takes its time
    std::vector<EndRef> to_tell;  ///< ends with something to tell a program that does not run
  };

  void on_due(std::uint64_t tag) override;
  [[nodiscard]] Host& host(NodeIndex host) { return hosts_[value(host)]; }
  /// None: the channel is over, and its place perhaps taken by another one.
  [[nodiscard]] static Channel* find(const EndRef& ref) {
    return ref.channel->serial == ref.serial ? ref.channel : nullptr;
  }

  // Life of a channel: network.cc.
  Channel& open_channel(NodeIndex client, NodeIndex server, const Endpoint& endpoint);
  [[nodiscard]] std::unique_ptr<Connection> make_socket(Channel& channel, unsigned side);
  [[nodiscard]] Pipe& pipe_with_buffer(Channel& channel, unsigned side);
  void settle(Pipe& pipe);
  void release(Pipe& pipe);
  void free_if_over(Channel& channel);
  void free(Channel& channel);
  void detach(Channel& channel, unsigned side, CloseReason farewell, EventId cause);

  // What programs do: network.cc.
  void write(Channel& channel, unsigned side, std::string_view bytes);
  void tell_of_queue(const Channel& channel, unsigned side);
  void close(Channel& channel, unsigned side);
  void finish_closing(Channel& channel, unsigned side);

  // The wire out of end `side`: wire.cc.
  void pump(Channel& channel, unsigned side);
  void transmit(Channel& channel, unsigned side, SegmentKind kind);
  void arrive(Channel& channel, unsigned side);
  void land(Channel& channel, unsigned side, const Segment& segment);
  void land_syn(Channel& channel);
  void acknowledge(Channel& channel, unsigned side);
  void retransmit(Channel& channel, unsigned side);
  void watch_progress(Channel& channel, unsigned side);
  void give_up_if_late(Channel& channel, unsigned side);
  [[nodiscard]] EventId stall_cause(const Channel& channel, unsigned side);

  // What the program of end `side` is told: tell.cc.
  void attend_at(Channel& channel, unsigned side, SimTime time);
  void attend(Channel& channel, unsigned side);
  void tell(Channel& channel, unsigned side);
  void tell_all(Channel& channel, unsigned side);
  [[nodiscard]] static bool has_news(const Channel& channel, unsigned side);
  [[nodiscard]] bool tell_next(Channel& channel, unsigned side);
  [[nodiscard]] bool tell_data(Channel& channel, unsigned side);
  void tell_accepted(Channel& channel, unsigned side);
  void tell_ending(Channel& channel, unsigned side);
  static void end_with(End& end, Ending ending);

  // What faults do on the way: disturb.cc.
  [[nodiscard]] Link& touch(LinkKey key);
  void feel(EventId fault, NodeIndex host);
  void feel_blocked(const Channel& channel, unsigned side);
  void hurry(LinkKey key);
  [[nodiscard]] bool tear(Channel& channel, unsigned side, const Segment& segment);
  [[nodiscard]] bool may_read(Channel& channel, unsigned side);
  [[nodiscard]] std::string_view limited(Channel& channel, unsigned side, std::string_view bytes);

  EventQueue<SimTime>& queue_;
  const SimTime& now_;
  Stream& draws_;
  Recorder& recorder_;
  NetworkConfig config_;
  Links links_;
  std::vector<Host> hosts_;
  std::map<std::string, NodeIndex, std::less<>> by_name_;
  std::vector<std::unique_ptr<Channel>> channels_;
  std::vector<std::uint32_t> free_;
  std::vector<std::uint32_t>
      graveyard_;  ///< over, but one of their steps may still be on the stack
  std::vector<std::unique_ptr<PipeBuffer>> buffers_;
  std::vector<PipeBuffer*> free_buffers_;  ///< the last one was used last: the cache has it
  std::set<EventId> unfelt_;               ///< faults that have disturbed nobody yet
  std::uint64_t next_serial_ = 1;
  std::string read_buffer_;  ///< lives through an `on_data` whatever that does to its connection
};

}  // namespace arbees::sim
