#include "sim/invariants/asked_not_silenced.h"

#include <algorithm>

#include "core/shard/lease.h"
#include "sim/invariants/words.h"

namespace arbees::sim {
namespace {

/// A grant that answers an older beat has a lease that is over.
constexpr std::size_t beats_remembered = 64;

}  // namespace

AskedNotSilenced::AskedNotSilenced(const Limits& limits, const FleetState& /*fleet*/)
    : Invariant(name, says), limits_(limits) {
  listen<&AskedNotSilenced::on_term>();
  listen<&AskedNotSilenced::on_rolled_back>();
  listen<&AskedNotSilenced::on_granted>();
  listen<&AskedNotSilenced::on_sent>();
  listen<&AskedNotSilenced::on_beat>();
  listen<&AskedNotSilenced::on_received>();
  listen<&AskedNotSilenced::on_fenced>();
  listen<&AskedNotSilenced::on_started>();
  listen<&AskedNotSilenced::on_fault>();
}

void AskedNotSilenced::on_fault(const FaultStarted& event, const SimEnvelope& /*at*/) {
  strangers_ = strangers_ || event.fault == "hostile_messages";
}

// --- what orchestrators say -------------------------------------------------------------------

void AskedNotSilenced::on_term(const TermTaken& event, const SimEnvelope& at) {
  terms_.insert_or_assign(std::string(at.node), event.term);
}

void AskedNotSilenced::on_rolled_back(const StoreRolledBack& event, const SimEnvelope& at) {
  terms_.insert_or_assign(std::string(at.node), event.new_term);
}

void AskedNotSilenced::ordered(const ShardId& shard, std::string_view orchestrator) {
  if (const auto term = terms_.find(orchestrator); term != terms_.end()) {
    Term& highest = ordered_[shard];
    highest = std::max(highest, term->second);
  }
}

void AskedNotSilenced::on_granted(const GrantSent& event, const SimEnvelope& at) {
  ordered(event.shard, at.node);
}

void AskedNotSilenced::on_sent(const CommandSent& event, const SimEnvelope& at) {
  ordered(event.shard, at.node);
}

// --- what shards make of it -------------------------------------------------------------------

void AskedNotSilenced::on_started(const NodeStarted& event, const SimEnvelope& /*at*/) {
  processes_.erase(event.node.str());
}

void AskedNotSilenced::on_beat(const HeartbeatSent& event, const SimEnvelope& at) {
  auto& beats = processes_[std::string(at.node)].beats;
  beats.push_back({.hb_seq = event.hb_seq, .sent = at.time});
  if (beats.size() > beats_remembered) {
    beats.pop_front();
  }
}

void AskedNotSilenced::on_received(const GrantReceived& event, const SimEnvelope& at) {
  Process& process = processes_[std::string(at.node)];
  if (process.term < event.term && !process.term.none()) {
    checked();
  }
  const auto beat = std::ranges::find(process.beats, event.hb_seq, &Beat::hb_seq);
  process.term = event.term;
  process.kept_until = beat == process.beats.end() ? SimTime{} : beat->sent + limits_.lease_out / 2;
}

void AskedNotSilenced::on_fenced(const GameFenced& event, const SimEnvelope& at) {
  const auto process = processes_.find(at.node);
  const bool without_grant = event.why == to_string(FenceReason::no_grant_yet);
  if (process == processes_.end() || !without_grant || strangers_ ||
      process->second.kept_until <= at.time || process->second.term < ordered_[event.shard]) {
    return;
  }
  checked();
  violated(at.time, at.id,
           std::string(at.node) + " emits no more for " + event.game.str() + " at " +
               in_words(at.time) + ", although it holds a lease of term " +
               std::to_string(process->second.term.value()) +
               " and no later term has given it an order");
}

}  // namespace arbees::sim
