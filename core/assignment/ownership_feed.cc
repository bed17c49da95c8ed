#include "core/assignment/ownership_feed.h"

#include <algorithm>
#include <utility>

#include "core/assignment/events.h"
#include "core/wire/channels.h"

namespace arbees {
namespace {

/// What fits well into one message: some 30 KiB.
constexpr std::size_t games_per_message = 500;

/// Its owner, if nobody else may still emit for it by a decision that we know.
std::optional<wire::Ownership> settled_owner(const GameState& state, MonoTime now) {
  if (!state.row || state.holders.other_than(state.row->owner, now) != nullptr) {
    return std::nullopt;
  }
  return wire::Ownership{state.live.id, state.row->owner, state.row->epoch};
}

}  // namespace

void OwnershipFeed::advance(MonoTime now) {
  say_news(now);
  if (repeat_at_ && *repeat_at_ <= now) {
    repeat_at_ = now + repeated_after;
    say_everything(now);
  }
}

void OwnershipFeed::say_news(MonoTime now) {
  const std::vector<wire::Ownership> news = take_news(now);
  EventId said;
  for (const wire::Ownership& known : news) {
    const GameState* state = std::as_const(context_.ledger).find(known.game);
    said = context_.ports.events.record(OwnershipTold{known.game, known.shard, known.epoch},
                                        state == nullptr ? EventId{} : state->assigned_event);
  }
  publish(news, said);
}

std::vector<wire::Ownership> OwnershipFeed::take_news(MonoTime now) {
  std::vector<wire::Ownership> news = std::exchange(ended_, {});
  std::erase_if(changed_, [&](const GameId& game) {
    const GameState* state = std::as_const(context_.ledger).find(game);
    if (state == nullptr || !state->row || context_.ledger.in_doubt(*state)) {
      return true;
    }
    const auto owner = settled_owner(*state, now);
    if (owner) {
      news.push_back(*owner);
    }
    return owner.has_value();
  });
  return news;
}

/// Somebody else may emit for a game whose row is in doubt, by a decision that is lost (C8): either it is given a new epoch, which is news,
/// or its owner is seen to emit under the row, which consumers were told of by the term that decided it.
void OwnershipFeed::say_everything(MonoTime now) {
  std::vector<wire::Ownership> all;
  for (const auto& [game, state] : context_.ledger.games()) {
    if (context_.ledger.in_doubt(state)) {
      continue;
    }
    if (const auto owner = settled_owner(state, now)) {
      all.push_back(*owner);
    } else if (state.row) {
      changed_.insert(game);  // Said when it is settled.
    }
  }
  if (!all.empty()) {
    publish(all, context_.ports.events.record(OwnershipRepeated{all.size()}, EventId{}));
  }
}

void OwnershipFeed::publish(std::span<const wire::Ownership> games, EventId cause) {
  while (!games.empty()) {
    const std::span<const wire::Ownership> part =
        games.first(std::min(games.size(), games_per_message));
    games = games.subspan(part.size());
    // What is older than a repetition has no value.
    context_.voice.notify(
        wire::ownership_channel,
        wire::encode({context_.voice.office(), {part.begin(), part.end()}, cause}), cause,
        repeated_after);
  }
}

}  // namespace arbees
