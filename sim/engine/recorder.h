#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/events/event.h"
#include "sim/engine/digest.h"
#include "sim/engine/node_index.h"
#include "sim/engine/stream.h"
#include "sim/engine/time.h"

namespace arbees::sim {

/// A recorded event with its moment in virtual time, which no node knows.
struct SimEnvelope : Envelope {
  SimTime time;
  NodeIndex node_index;
};

/// Watches a world without touching it: invariants, metrics, recordings. Borrowed data lives until
/// the call returns.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void observe(const SimEnvelope& event) = 0;
};

/// Where everything that happens in one world passes: gives events their ids, feeds digest and
/// observers.
///
/// Ids are 53 bits, so that they survive any JSON reader: the node in the upper 20, a counter that
/// goes on across restarts of the node in the lower 33.
class Recorder {
 public:
  Recorder(const Streams& streams, const DigestConfig& config);

  /// Nodes are numbered in the order they are added, after the world itself.
  NodeIndex add_node(std::string name);
  [[nodiscard]] std::string_view name(NodeIndex node) const { return nodes_[value(node)].name; }
  [[nodiscard]] std::size_t node_count() const { return nodes_.size(); }

  /// `observer` must outlive the world. Observers are told in the order they were added.
  void add_observer(Observer& observer) { observers_.push_back(&observer); }

  EventId record(SimTime time, NodeIndex node, MonoTime node_time, EventView event, EventId cause);
  /// Bytes `offset…` of a direction of connection number `connection` leave `from`.
  void bytes_sent(SimTime time, NodeIndex from, NodeIndex to, std::uint64_t connection,
                  std::uint64_t offset, std::string_view bytes);

  [[nodiscard]] const Digest& digest() const { return digest_; }
  [[nodiscard]] std::uint64_t events() const { return events_; }

 private:
  struct Node {
    std::string name;
    std::uint64_t recorded = 0;
  };

  const Streams& streams_;
  Digest digest_;
  std::vector<Node> nodes_;
  std::vector<Observer*> observers_;
  std::uint64_t events_ = 0;
};

}  // namespace arbees::sim
