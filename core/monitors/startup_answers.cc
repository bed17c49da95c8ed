#include "core/monitors/startup_answers.h"

#include <algorithm>
#include <vector>

#include "core/monitors/events.h"

namespace arbees {
namespace {

constexpr Duration answers_apart = seconds{1};

}  // namespace

void StartupAnswers::advance(MonoTime now) {
  for (const wire::Asker asker : wire::askers) {
    Desk& desk = desks_[index(asker)];
    if (desk.asked && desk.free_at <= now) {
      desk = {false, now + answers_apart};
      answer(asker, now);
    }
  }
}

std::optional<MonoTime> StartupAnswers::deadline() const {
  std::optional<MonoTime> first;
  for (const Desk& desk : desks_) {
    if (desk.asked && (!first || desk.free_at < *first)) {
      first = desk.free_at;
    }
  }
  return first;
}

void StartupAnswers::answer(wire::Asker asker, MonoTime now) {
  const WallTime wall_now = ports_.clock.wall_now();
  std::vector<wire::AssignedGame> games;
  for (const auto& [id, game] : ledger_.games()) {
    if (game.row && game.wanted) {
      games.push_back({game.live, game.row->owner,
                       wall_now - (now - std::max(game.assigned_at, since_)), game.row->epoch});
    }
  }
  const wire::StartupResponse response = wire::startup_response(asker, games);
  const EventId answered = ports_.events.record(
      StartupStateAnswered{std::string(to_string(asker)), response.told, response.left_out},
      EventId{});
  voice_.notify(wire::startup_response_channel(asker), response.message, answered);
}

}  // namespace arbees
