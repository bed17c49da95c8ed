#include "sim/world/signals.h"

#include "sim/world/events.h"

namespace arbees::sim {

void SignalConsumer::publish(const Signal& signal, EventId cause) {
  Epoch& highest = highest_[signal.game];
  const MonoTime time(now_.time_since_epoch());
  if (signal.epoch < highest) {
    recorder_.record(now_, index_, time,
                     SignalRefused{.game = signal.game,
                                   .epoch = signal.epoch,
                                   .seq = signal.seq,
                                   .shard = signal.shard,
                                   .boot = signal.boot,
                                   .highest = highest},
                     cause);
    return;
  }
  highest = signal.epoch;
  recorder_.record(now_, index_, time,
                   SignalAccepted{.game = signal.game,
                                  .epoch = signal.epoch,
                                  .seq = signal.seq,
                                  .shard = signal.shard,
                                  .boot = signal.boot,
                                  .lease_left = signal.lease_left},
                   cause);
}

}  // namespace arbees::sim
