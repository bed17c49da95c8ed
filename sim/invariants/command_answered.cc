#include "sim/invariants/command_answered.h"

#include <algorithm>
#include <string_view>

#include "sim/invariants/words.h"

namespace arbees::sim {
namespace {

constexpr std::string_view unacknowledged = "COMMAND_UNACKED";

/// Whether `word` stands in `text` by itself: "shard-1" is not in "shard-10 g1".
bool names(std::string_view text, std::string_view word) {
  const auto part_of_a_name = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  };
  if (word.empty()) {
    return false;
  }
  for (std::size_t at = text.find(word); at != std::string_view::npos;
       at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || !part_of_a_name(text[at - 1])) &&
        (end == text.size() || !part_of_a_name(text[end]))) {
      return true;
    }
  }
  return false;
}

}  // namespace

CommandAnswered::CommandAnswered(const Limits& limits, const FleetState& fleet)
    : Invariant(name, says), limits_(limits), fleet_(fleet) {
  listen<&CommandAnswered::on_sent>();
  listen<&CommandAnswered::on_ended>();
  listen<&CommandAnswered::on_raised>();
  listen<&CommandAnswered::on_restored>();
  listen<&CommandAnswered::on_resolved>();
  listen<&CommandAnswered::on_started>();
  listen<&CommandAnswered::on_exited>();
  listen<&CommandAnswered::on_crashed>();
  listen<&CommandAnswered::on_stepped_down>();
  listen<&CommandAnswered::on_thawed>();
}

void CommandAnswered::on_sent(const CommandSent& event, const SimEnvelope& at) {
  const SimTime due = at.time + limits_.by_node_clock(limits_.command_answer);
  const auto [command, is_new] = pending_.try_emplace(
      {std::string(at.node), event.shard, event.seq},
      Pending{.type = event.type, .game = event.game, .sent = at.time, .due = due, .event = at.id});
  if (is_new) {
    wake_after(due);
  }
}

void CommandAnswered::on_ended(const CommandEnded& event, const SimEnvelope& at) {
  if (pending_.erase({std::string(at.node), event.shard, event.seq}) > 0) {
    checked();
  }
}

void CommandAnswered::on_raised(const AlertRaised& event, const SimEnvelope& at) {
  if (event.type == unacknowledged) {
    alerts_[{std::string(at.node), event.subject}] = {.raised = at.time, .open = true};
  }
}

/// It is open, and so not raised once more.
void CommandAnswered::on_restored(const AlertRestored& event, const SimEnvelope& at) {
  if (event.type == unacknowledged) {
    alerts_[{std::string(at.node), event.subject}] = {.raised = at.time, .open = true};
  }
}

void CommandAnswered::on_resolved(const AlertResolved& event, const SimEnvelope& at) {
  if (event.type == unacknowledged) {
    alerts_[{std::string(at.node), event.subject}].open = false;
  }
}

void CommandAnswered::on_started(const NodeStarted& event, const SimEnvelope& /*at*/) {
  drop(event.node.str());
}

void CommandAnswered::on_exited(const NodeExited& event, const SimEnvelope& /*at*/) {
  drop(event.node.str());
}

void CommandAnswered::on_crashed(const NodeCrashed& event, const SimEnvelope& /*at*/) {
  drop(event.node.str());
}

void CommandAnswered::on_stepped_down(const SteppedDown& /*event*/, const SimEnvelope& at) {
  drop(at.node);
}

void CommandAnswered::on_thawed(const NodeThawed& event, const SimEnvelope& /*at*/) {
  for (auto& [key, command] : pending_) {
    if (std::get<0>(key) == event.node.str()) {
      command.due += event.frozen_for;
      wake_after(command.due);
    }
  }
}

void CommandAnswered::drop(std::string_view orchestrator) {
  std::erase_if(pending_,
                [&](const auto& entry) { return std::get<0>(entry.first) == orchestrator; });
}

void CommandAnswered::expired(SimTime moment) {
  for (auto entry = pending_.begin(); entry != pending_.end();) {
    const auto& [orchestrator, shard, seq] = entry->first;
    Pending& command = entry->second;
    if (command.due <= moment && fleet_.slow(orchestrator)) {
      command.due = moment + limits_.by_node_clock(seconds{1});  // It comes to it when it can.
    }
    if (command.due > moment) {
      wake_after(command.due);
      ++entry;
      continue;
    }
    if (!fleet_.answers(orchestrator)) {
      ++entry;  // frozen: it is woken for when it goes on
      continue;
    }
    checked();
    if (!alerted(orchestrator, shard, command)) {
      violated(moment, command.event,
               "command " + std::to_string(seq.value()) + " (" + command.type + " " +
                   command.game.str() + ") sent to " + shard.str() + " at " +
                   in_words(command.sent) + " has neither ended nor raised " +
                   std::string(unacknowledged) + " within " + in_words(moment - command.sent));
    }
    entry = pending_.erase(entry);
  }
}

bool CommandAnswered::alerted(std::string_view orchestrator, const ShardId& shard,
                              const Pending& command) const {
  return std::ranges::any_of(alerts_, [&](const auto& entry) {
    const auto& [key, alert] = entry;
    const auto& [node, subject] = key;
    return node == orchestrator && (alert.open || alert.raised >= command.sent) &&
           (subject == shard.str() ||
            (names(subject, shard.str()) && names(subject, command.game.str())));
  });
}

}  // namespace arbees::sim
