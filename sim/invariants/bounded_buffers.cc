#include "sim/invariants/bounded_buffers.h"

#include <algorithm>
#include <string>

#include "sim/invariants/words.h"

namespace arbees::sim {
namespace {

/// Below this no subscriber is cut, however long it waits: client-output-buffer-limit pubsub 32mb 8mb 60.
constexpr std::uint64_t cut_from = 8U << 20U;

std::string bytes(std::uint64_t count) { return std::to_string(count) + " bytes"; }

}  // namespace

BoundedBuffers::BoundedBuffers(const Limits& limits, const FleetState& fleet)
    : Invariant(name, says), limits_(limits), fleet_(fleet) {
  listen<&BoundedBuffers::on_dropped>();
  listen<&BoundedBuffers::on_grew>();
  listen<&BoundedBuffers::on_cut>();
  listen<&BoundedBuffers::on_refused>();
}

void BoundedBuffers::on_dropped(const arbees::redis::PublicationsDropped& event,
                                const SimEnvelope& at) {
  checked();
  const std::string node(at.node);
  if (event.dropped == 0 || event.why.empty() || event.channel.empty()) {
    violated(at.time, at.id,
             node + " dropped publications at " + in_words(at.time) +
                 " and does not say how many, why and where to");
  }
  if (event.waiting > limits_.outbox_messages || event.waiting_bytes > limits_.outbox_bytes) {
    violated(at.time, at.id,
             "the outbox of " + node + " held " + std::to_string(event.waiting) + " messages, " +
                 bytes(event.waiting_bytes) + ", at " + in_words(at.time) + "; its bounds are " +
                 std::to_string(limits_.outbox_messages) + " and " + bytes(limits_.outbox_bytes));
  }
}

void BoundedBuffers::on_grew(const SendQueueGrew& event, const SimEnvelope& at) {
  const bool of_redis = is_redis(event.node.str());
  const bool of_program =
      fleet_.is_shard(event.node.str()) || fleet_.is_orchestrator(event.node.str());
  if (!of_redis && !of_program) {
    return;  // a replica, a sentinel, a service that is not ours
  }
  checked();
  const std::uint64_t bound = of_redis ? limits_.redis_queue : limits_.program_queue;
  if (event.bytes > bound) {
    violated(at.time, at.id,
             event.node.str() + " had " + bytes(event.bytes) + " to send to " + event.to.str() +
                 " at " + in_words(at.time) + "; the bound is " + bytes(bound));
  }
}

void BoundedBuffers::on_cut(const SubscriberCut& event, const SimEnvelope& at) {
  checked();
  if (event.unsent < cut_from) {
    violated(at.time, at.id,
             event.redis.str() + " cut a subscriber at " + in_words(at.time) + " for whom only " +
                 bytes(event.unsent) + " waited");
  }
}

void BoundedBuffers::on_refused(const arbees::redis::MessageRefused& event, const SimEnvelope& at) {
  checked();
  if (event.bytes <= limits_.message_bytes) {
    violated(at.time, at.id,
             std::string(at.node) + " refused a message of " + bytes(event.bytes) + " on " +
                 event.channel + " at " + in_words(at.time) + ", which it could have kept");
  }
}

bool BoundedBuffers::is_redis(std::string_view node) const {
  return std::ranges::find(limits_.redis, node) != limits_.redis.end();
}

}  // namespace arbees::sim
