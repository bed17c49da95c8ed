#include "sim/engine/recorder.h"

#include <utility>

#include "core/base/assert.h"

namespace arbees::sim {
namespace {

constexpr unsigned counter_bits = 33;
constexpr unsigned node_bits = 20;

}  // namespace

Recorder::Recorder(const Streams& streams, const DigestConfig& config)
    : streams_(streams), digest_(config) {
  add_node("world");
}

NodeIndex Recorder::add_node(std::string name) {
  ensure(nodes_.size() < (std::size_t{1} << node_bits), "a world has fewer than 2^20 nodes");
  nodes_.push_back({.name = std::move(name), .recorded = 0});
  return NodeIndex{static_cast<std::uint32_t>(nodes_.size() - 1)};
}

EventId Recorder::record(SimTime time, NodeIndex node, MonoTime node_time, EventView event,
                         EventId cause) {
  Node& from = nodes_[value(node)];
  ++from.recorded;
  ensure(from.recorded < (std::uint64_t{1} << counter_bits),
         "a node records fewer than 2^33 events");
  const EventId id(std::uint64_t{value(node)} << counter_bits | from.recorded);
  ++events_;
  digest_.add_event({.time = time, .node = node, .draws = streams_.draws()}, id, cause, node_time,
                    event);
  if (!observers_.empty()) {
    const SimEnvelope envelope{
        {.id = id, .cause = cause, .node = from.name, .node_time = node_time, .event = event},
        time,
        node};
    for (Observer* observer : observers_) {
      observer->observe(envelope);
    }
  }
  return id;
}

void Recorder::bytes_sent(SimTime time, NodeIndex from, NodeIndex to, std::uint64_t connection,
                          std::uint64_t offset, std::string_view bytes) {
  digest_.add_bytes({.time = time, .node = from, .draws = streams_.draws()}, to, connection, offset,
                    bytes);
}

}  // namespace arbees::sim
