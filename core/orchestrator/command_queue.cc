#include "core/orchestrator/command_queue.h"

#include <algorithm>
#include <utility>

#include "core/base/assert.h"

namespace arbees {

const GameId& PendingCommand::game() const {
  const auto* add = std::get_if<wire::AddGame>(&order);
  return add != nullptr ? add->game.id : std::get<wire::RemoveGame>(order).game;
}

Epoch PendingCommand::epoch() const {
  return std::visit([](const auto& o) { return o.epoch; }, order);
}

std::string_view PendingCommand::type() const {
  return std::holds_alternative<wire::AddGame>(order) ? "add_game" : "remove_game";
}

std::optional<PendingCommand> CommandQueue::push(Order order, MonoTime first_attempt, MonoTime now,
                                                 EventId cause) {
  PendingCommand command{.seq = last_seq_.next(),
                         .order = std::move(order),
                         .cause = cause,
                         .issued = now,
                         .due = first_attempt};
  std::optional<PendingCommand> superseded;
  if (const auto older = by_game_.find(command.game()); older != by_game_.end()) {
    superseded = settle(older->second);
  }
  last_seq_ = command.seq;
  by_game_.emplace(command.game(), command.seq);
  pending_.emplace(command.seq, std::move(command));
  ensure(by_game_.size() == pending_.size(), "one command per game");
  return superseded;
}

CommandSeq CommandQueue::floor() const {
  return pending_.empty() ? last_seq_.next() : pending_.begin()->first;
}

const PendingCommand* CommandQueue::of_game(const GameId& game) const {
  const auto found = by_game_.find(game);
  return found == by_game_.end() ? nullptr : &pending_.at(found->second);
}

std::uint64_t CommandQueue::removals() const {
  return static_cast<std::uint64_t>(std::ranges::count_if(pending_, [](const auto& entry) {
    return std::holds_alternative<wire::RemoveGame>(entry.second.order);
  }));
}

std::optional<MonoTime> CommandQueue::deadline() const {
  std::optional<MonoTime> first;
  for (const auto& [seq, command] : pending_) {
    if (command.due && (!first || *command.due < *first)) {
      first = command.due;
    }
  }
  return first;
}

std::vector<PendingCommand> CommandQueue::take_due(MonoTime now) {
  std::vector<PendingCommand> due;
  for (auto& [seq, command] : pending_) {
    if (!command.due || *command.due > now) {
      continue;
    }
    ++command.attempts;
    command.sent = now;
    const bool more = !policy_.limit || command.attempts <= *policy_.limit;
    const auto doublings = std::min<std::uint64_t>(command.attempts - 1, 16);
    const Duration wait = std::min(policy_.first * (std::int64_t{1} << doublings), policy_.cap);
    command.due = more ? std::optional(now + wait) : std::nullopt;
    due.push_back(command);
  }
  return due;
}

void CommandQueue::reached_nobody(CommandSeq seq, MonoTime retry) {
  const auto found = pending_.find(seq);
  if (found == pending_.end()) {
    return;
  }
  found->second.unheard = true;
  if (found->second.attempts == 1 && found->second.due) {
    found->second.due = std::min(*found->second.due, retry);
  }
}

void CommandQueue::listener_is_back(MonoTime now) {
  for (auto& [seq, command] : pending_) {
    if (command.unheard && command.due) {
      command.due = std::min(*command.due, now);
    }
    command.unheard = false;
  }
}

void CommandQueue::make_all_due(MonoTime now) {
  for (auto& [seq, command] : pending_) {
    if (command.due) {
      command.due = std::min(*command.due, now);
    }
  }
}

void CommandQueue::mark_alerted(CommandSeq seq) {
  if (const auto found = pending_.find(seq); found != pending_.end()) {
    found->second.alerted = true;
  }
}

std::uint64_t CommandQueue::unanswered(MonoTime now, Duration patience, Duration answer_time) {
  constexpr std::uint64_t silent_beats = 2;
  std::uint64_t failures = 0;
  for (auto& [seq, command] : pending_) {
    if (command.failed || command.attempts == 0 || now - command.sent < answer_time) {
      continue;
    }
    ++command.unanswering_beats;
    if (command.unanswering_beats >= silent_beats && now - command.issued >= patience) {
      command.failed = true;
      ++failures;
    }
  }
  return failures;
}

std::optional<PendingCommand> CommandQueue::settle(CommandSeq seq) {
  const auto found = pending_.find(seq);
  if (found == pending_.end()) {
    return std::nullopt;
  }
  PendingCommand settled = std::move(found->second);
  pending_.erase(found);
  by_game_.erase(settled.game());
  return settled;
}

std::vector<PendingCommand> CommandQueue::abandon_all() {
  std::vector<PendingCommand> abandoned;
  for (auto& [seq, command] : std::exchange(pending_, {})) {
    abandoned.push_back(std::move(command));
  }
  by_game_.clear();
  return abandoned;
}

}  // namespace arbees
