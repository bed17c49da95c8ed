#include "sim/invariants/signals_arrive.h"

#include <algorithm>
#include <string>

#include "sim/invariants/words.h"

namespace arbees::sim {
namespace {

template <class Signal>
std::string of_whom(const Signal& signal) {
  return in_words(signal.shard, signal.boot) + " for " + signal.game.str() + ", epoch " +
         std::to_string(signal.epoch.value());
}

std::string number(SignalSeq seq) { return std::to_string(seq.value()); }

}  // namespace

SignalsArrive::SignalsArrive(const Limits& /*limits*/, const FleetState& /*fleet*/)
    : Invariant(name, says) {
  listen<&SignalsArrive::on_emitted>();
  listen<&SignalsArrive::on_accepted>();
  listen<&SignalsArrive::on_refused>();
}

void SignalsArrive::on_emitted(const SignalEmitted& event, const SimEnvelope& at) {
  Last& last = last_[event.game];
  const bool goes_on = last.boot == event.boot && last.epoch == event.epoch && !event.epoch.none();
  if (goes_on && event.seq != last.seq.next()) {
    violated(at.time, at.id,
             "signal " + number(event.seq) + " of " + of_whom(event) + " was emitted at " +
                 in_words(at.time) + " after " + number(last.seq) + ": the numbers have a gap");
  }
  last = {.boot = event.boot, .epoch = event.epoch, .seq = event.seq};
  awaited_.push_back({.shard = event.shard,
                      .boot = event.boot,
                      .game = event.game,
                      .epoch = event.epoch,
                      .from = event.seq,
                      .to = event.seq,
                      .emitted = at.time,
                      .event = at.id});
  wake_after(at.time);
}

void SignalsArrive::on_accepted(const SignalAccepted& event, const SimEnvelope& at) {
  arrived(event, at);
}

void SignalsArrive::on_refused(const SignalRefused& event, const SimEnvelope& at) {
  arrived(event, at);
}

template <class Delivered>
void SignalsArrive::arrived(const Delivered& event, const SimEnvelope& at) {
  checked();
  const auto lost = std::ranges::find_if(lost_, [&](const Row& row) { return row.is_of(event); });
  if (lost != lost_.end()) {
    report(*lost, at.time);
    lost_.erase(lost);
  }
  const auto found = std::ranges::find_if(
      awaited_, [&](const Row& row) { return row.from == event.seq && row.is_of(event); });
  if (found != awaited_.end()) {
    awaited_.erase(found);
    return;
  }
  violated(at.time, at.id,
           "signal " + number(event.seq) + " of " + of_whom(event) + " was delivered at " +
               in_words(at.time) + ", but not emitted in that instant, or delivered before");
}

/// The instant is over: what is still awaited is lost.
void SignalsArrive::expired(SimTime /*moment*/) {
  for (const Row& gone : awaited_) {
    const auto before = std::ranges::find_if(
        lost_, [&](const Row& row) { return row.is_of(gone) && row.to.next() == gone.from; });
    if (before != lost_.end()) {
      before->to = gone.to;
    } else {
      lost_.push_back(gone);
    }
  }
  awaited_.clear();
}

void SignalsArrive::finish(SimTime end) {
  for (const Row& lost : lost_) {
    report(lost, end);
  }
}

void SignalsArrive::report(const Row& lost, SimTime noticed) {
  checked();
  violated(noticed, lost.event,
           "signals " + number(lost.from) + " to " + number(lost.to) + " of " + of_whom(lost) +
               ", emitted from " + in_words(lost.emitted) + " on, were not delivered by " +
               in_words(noticed));
}

}  // namespace arbees::sim
