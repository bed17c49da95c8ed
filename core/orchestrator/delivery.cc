#include "core/orchestrator/delivery.h"

#include <algorithm>

#include "core/orchestrator/events.h"

namespace arbees {
namespace {

constexpr Duration nobody_listens_retry = milliseconds{100};
/// How soon a beat may say that a command was applied: the way there and back, and the gap between beats.
constexpr Duration answer_time = seconds{1};
constexpr const char* unacked = "COMMAND_UNACKED";

std::string command_subject(const Shard& shard, const PendingCommand& command) {
  return shard.id.str() + "/" + command.game().str();
}

}  // namespace

template <class Fleet_, class Visit>
void Delivery::each_busy(Fleet_& fleet, Visit visit) const {
  for (const ShardId& id : busy_) {
    if (auto* shard = fleet.find(id)) {
      visit(*shard);
    }
  }
}

void Delivery::issue(Shard& shard, Order order, MonoTime first_attempt, EventId cause) {
  busy_.insert(shard.id);
  if (auto superseded =
          shard.commands.push(std::move(order), first_attempt, ports_.clock.now(), cause)) {
    ended(shard, *superseded, "superseded", cause);
  }
}

void Delivery::send_due(Fleet& fleet, MonoTime now) {
  std::erase_if(busy_, [&](const ShardId& id) {
    const Shard* shard = fleet.find(id);
    return shard == nullptr || shard->commands.empty();
  });
  each_busy(fleet, [&](Shard& shard) {
    if (waits_to_hear(shard, now)) {
      return;
    }
    for (const PendingCommand& command : shard.commands.take_due(now)) {
      voice_.send(shard, command);
    }
  });
}

bool Delivery::waits_to_hear(const Shard& shard, MonoTime now) {
  return shard.old_wire() && shard.suspect(now);
}

void Delivery::alert_overdue(Fleet& fleet, MonoTime now) {
  each_busy(fleet, [&](Shard& shard) {
    std::vector<PendingCommand> late;
    for (const auto& [seq, command] : shard.commands.pending()) {
      if (overdue(command, now)) {
        late.push_back(command);
      }
    }
    for (const PendingCommand& command : late) {
      shard.commands.mark_alerted(command.seq);
      voice_.raise(unacked, command_subject(shard, command),
                   shard.id.str() + " does not answer " + std::string(command.type()) +
                       " of game " + command.game().str() + "; it is sent again until it does",
                   command.cause);
    }
  });
}

bool Delivery::overdue(const PendingCommand& command, MonoTime now) const {
  return !command.alerted && settings_.command_alert > Duration{0} &&
         command.issued + settings_.command_alert <= now;
}

void Delivery::on_published(Fleet& fleet, const redis::PublicationResult& result) {
  const auto command = voice_.command_of(result.id);
  if (!command || result.kind != redis::PublicationResult::Kind::sent || result.receivers != 0) {
    return;  // A receiver proves nothing: it may be a connection that is dead already (H9).
  }
  if (Shard* shard = fleet.find(command->first)) {
    shard->commands.reached_nobody(command->second, ports_.clock.now() + nobody_listens_retry);
  }
}

std::optional<MonoTime> Delivery::next_send(const Fleet& fleet) const {
  std::optional<MonoTime> first;
  const MonoTime now = ports_.clock.now();
  each_busy(fleet, [&](const Shard& shard) {
    const auto due = shard.commands.deadline();
    if (due && !waits_to_hear(shard, now) && (!first || *due < *first)) {
      first = due;
    }
  });
  return first;
}

std::optional<MonoTime> Delivery::next_alert(const Fleet& fleet) const {
  std::optional<MonoTime> first;
  if (settings_.command_alert == Duration{0}) {
    return first;
  }
  each_busy(fleet, [&](const Shard& shard) {
    for (const auto& [seq, command] : shard.commands.pending()) {
      const MonoTime due = command.issued + settings_.command_alert;
      if (!command.alerted && (!first || due < *first)) {
        first = due;
      }
    }
  });
  return first;
}

void Delivery::settle(Shard& shard, CommandSeq seq, std::string_view how, EventId cause) {
  if (const auto command = shard.commands.settle(seq)) {
    ended(shard, *command, how, cause);
  }
}

void Delivery::abandon_all(Shard& shard, std::string_view how, EventId cause) {
  for (const PendingCommand& command : shard.commands.abandon_all()) {
    ended(shard, command, how, cause);
  }
}

void Delivery::judge_unanswered(Shard& shard, EventId heard) {
  std::uint64_t failures =
      shard.commands.unanswered(ports_.clock.now(), settings_.command_alert, answer_time);
  for (; failures > 0; --failures) {
    health_.command_failed(shard, "unanswered", heard);
  }
}

void Delivery::game_missing(Shard& shard, EventId heard) {
  health_.command_failed(shard, "not_running", heard);
}

void Delivery::game_served(Shard& shard, EventId heard) { health_.game_served(shard, heard); }

void Delivery::ended(const Shard& shard, const PendingCommand& command, std::string_view how,
                     EventId cause) {
  const EventId id = ports_.events.record(
      CommandEnded{shard.id, std::string(command.type()), command.seq, command.game(),
                   std::string(how), ports_.clock.now() - command.issued},
      cause);
  if (command.alerted) {
    voice_.resolve(unacked, command_subject(shard, command), id);
  }
}

}  // namespace arbees
