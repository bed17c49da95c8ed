#include "sim/world/signals.h"

#include "sim/world/events.h"

namespace arbees::sim {

void SignalConsumer::publish(const Signal& signal, EventId cause) {
  Epoch& highest = highest_[signal.game];
  const MonoTime time(now_.time_since_epoch());
  const std::optional<Epoch> epoch = epoch_of(signal);
  if (!epoch || *epoch < highest) {
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
  highest = *epoch;
  recorder_.record(now_, index_, time,
                   SignalAccepted{.game = signal.game,
                                  .epoch = *epoch,
                                  .seq = signal.seq,
                                  .shard = signal.shard,
                                  .boot = signal.boot,
                                  .lease_left = signal.lease_left,
                                  .by_feed = signal.epoch.none() && !epoch->none()},
                   cause);
}

void SignalConsumer::owner_named(const GameId& game, const ShardId& shard, Epoch epoch) {
  Owner& owner = owners_[game];
  if (epoch >= owner.epoch) {
    owner = {shard, epoch};
  }
}

std::optional<Epoch> SignalConsumer::epoch_of(const Signal& signal) const {
  if (!signal.epoch.none()) {
    return signal.epoch;
  }
  const Owner* owner = owners_.find(signal.game);
  if (owner == nullptr) {
    return Epoch{};
  }
  return owner->shard == signal.shard ? std::optional(owner->epoch) : std::nullopt;
}

}  // namespace arbees::sim
