#include "core/orchestrator/voice.h"

#include "core/orchestrator/events.h"
#include "core/wire/canary_message.h"
#include "core/wire/channels.h"

namespace arbees {
namespace {

/// Commands, grants and canaries are made anew when they are due again: an old one has no value.
constexpr Duration now_or_never{0};

}  // namespace

void Voice::send(Shard& shard, const PendingCommand& command) {
  const EventId sent =
      ports_.events.record(CommandSent{shard.id, std::string(command.type()), command.seq,
                                       command.game(), command.epoch(), command.attempts},
                           command.cause);
  const wire::Command message{
      command.order, office_, shard.addressee(), {command.seq, shard.commands.floor()}, sent};
  last_publication_ = last_publication_.next();
  commands_in_flight_.emplace(last_publication_, std::pair(shard.id, command.seq));
  tell(shard.id, wire::encode(message), now_or_never, last_publication_, sent);
}

std::optional<std::pair<ShardId, CommandSeq>> Voice::command_of(redis::PublicationId id) {
  const auto found = commands_in_flight_.find(id);
  if (found == commands_in_flight_.end()) {
    return std::nullopt;
  }
  auto command = std::move(found->second);
  commands_in_flight_.erase(found);
  return command;
}

void Voice::grant(const Shard& shard, HeartbeatSeq answers, Duration lease,
                  std::map<GameId, Epoch> games, Epoch newest, EventId cause) {
  std::vector<GameId> names;
  names.reserve(games.size());
  for (const auto& [game, epoch] : games) {
    names.push_back(game);
  }
  const EventId sent = ports_.events.record(
      GrantSent{shard.id, shard.incarnation.boot, answers, lease, std::move(names)}, cause);
  grants_ = grants_.next();
  const wire::Grant message{office_, shard.addressee(), answers, lease, std::move(games),
                            sent,    grants_,           newest};
  tell(shard.id, wire::encode(message), now_or_never, {}, sent);
}

void Voice::roll_call(const Fleet& fleet, EventId cause) {
  const EventId sent = ports_.events.record(RollCallSent{fleet.shards().size()}, cause);
  const std::string message = wire::encode(wire::RollCall{office_, sent});
  for (const auto& [id, shard] : fleet.shards()) {
    tell(id, message, now_or_never, {}, sent);
  }
}

void Voice::ask(const ShardId& shard, EventId cause) {
  const EventId sent = ports_.events.record(RollCallSent{1}, cause);
  tell(shard, wire::encode(wire::RollCall{office_, sent}), now_or_never, {}, sent);
}

void Voice::canary(const InstanceId& instance, std::uint64_t nonce) {
  const EventId sent = ports_.events.record(CanarySent{nonce}, EventId{});
  bus_.publish(
      {wire::canary_channel(instance), wire::encode({nonce, office_.term}), now_or_never, {}},
      sent);
}

void Voice::notify(std::string_view channel, std::string payload, EventId cause, Duration max_age) {
  bus_.publish({std::string(channel), std::move(payload), max_age, {}}, cause);
}

void Voice::tell(const ShardId& shard, std::string payload, Duration max_age,
                 redis::PublicationId id, EventId cause) {
  bus_.publish({wire::command_channel(shard), std::move(payload), max_age, id}, cause);
}

}  // namespace arbees
