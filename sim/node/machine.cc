#include "sim/node/machine.h"

#include <string>

#include "core/base/assert.h"
#include "sim/world/events.h"

namespace arbees::sim {

Machine::Machine(NodeIndex index, Network& network, Recorder& recorder, const SimTime& now)
    : network_(network), recorder_(recorder), index_(index), now_(now) {
  network_.add_host(index);
}

void Machine::start(EventId cause) {
  ensure(state_ == State::off, "only a machine that is off is started");
  state_ = State::running;
  network_.process_started(index_);
  record_as_world(NodeStarted{.node = name(), .starts = ++starts_}, cause);
  run();
}

void Machine::crash(EventId cause) {
  stop(cause);
  vanish();
}

void Machine::stop(EventId cause) {
  ensure(state_ != State::off, "only a program that runs can crash");
  const EventId crashed = record_as_world(NodeCrashed{.node = name()}, cause);
  state_ = State::off;
  // What this breaks elsewhere is the work of whatever broke it, not of its own last gasp.
  network_.process_ended(index_, CloseReason::end_of_stream, cause.none() ? crashed : cause);
}

void Machine::end(std::uint64_t code, std::string_view why, EventId cause) {
  const EventId ended =
      record_as_world(NodeExited{.node = name(), .code = code, .why = std::string(why)}, cause);
  state_ = State::off;
  network_.process_ended(index_, CloseReason::end_of_stream, ended);
  vanish();
}

void Machine::discard() {
  if (state_ != State::off) {
    state_ = State::off;
    network_.process_ended(index_, CloseReason::reset, {});
    vanish();
  }
}

void Machine::freeze(EventId cause) {
  ensure(state_ == State::running, "only a running program is frozen");
  state_ = State::frozen;
  frozen_since_ = now_;
  const EventId frozen = record_as_world(NodeFrozen{.node = name()}, cause);
  network_.process_frozen(index_, cause.none() ? frozen : cause);
}

void Machine::thaw(EventId cause) {
  ensure(state_ == State::frozen, "only a frozen program is thawed");
  state_ = State::running;
  record_as_world(NodeThawed{.node = name(), .frozen_for = now_ - frozen_since_}, cause);
  network_.process_thawed(index_);
  resume();
}

EventId Machine::record_as_world(EventView event, EventId cause) {
  return recorder_.record(now_, world_node, MonoTime(now_.time_since_epoch()), event, cause);
}

}  // namespace arbees::sim
