#include "sim/swarm/seeded.h"

#include <utility>

#include "core/base/assert.h"
#include "sim/scenario/document_text.h"
#include "sim/scenario/span.h"
#include "sim/swarm/draw.h"
#include "sim/swarm/echo.h"

namespace arbees::sim {
namespace {

Value games_of(const SwarmDraw& draw) {
  std::vector<Value> games;
  bool alike = true;
  for (std::size_t i = 0; i < draw.games.size(); ++i) {
    const SwarmGame& game = draw.games[i];
    alike = alike && game.from == draw.games.front().from && !game.until;
    Value value = object_value({{"id", text_value("game-" + std::to_string(i + 1))},
                                {"from", text_value(span_text(game.from))}});
    if (game.until) {
      set_member(value, "until", text_value(span_text(*game.until)));
    }
    if (game.again) {
      set_member(value, "again", text_value(span_text(*game.again)));
    }
    games.push_back(std::move(value));
  }
  return alike && !games.empty()
             ? object_value({{"count", count_value(games.size())},
                             {"from", text_value(span_text(draw.games.front().from))}})
             : list_value(std::move(games));
}

/// The profile with what was drawn in its place: a scenario like any other.
Value document_of(const Value& profile, const SwarmDraw& draw) {
  Value document = profile;
  erase_member(document, "swarm");
  set_member(*find_member(document, "fleet"), "shards", count_value(draw.shards));
  if (draw.old_wire > 0) {
    set_member(*find_member(document, "fleet"), "old_wire_shards", count_value(draw.old_wire));
  }
  set_member(document, "games", games_of(draw));
  if (!draw.services.empty()) {
    std::vector<Value> services;
    for (const std::string& service : draw.services) {
      services.push_back(text_value(service));
    }
    set_member(*find_member(document, "fleet"), "services", list_value(std::move(services)));
  }
  if (!draw.orders.empty()) {
    set_member(document, "orders", list_value(draw.orders));
  }
  set_member(
      document, "network",
      object_value(
          {{"latency",
            object_value({{"between", list_value({text_value(span_text(draw.latency.lo)),
                                                  text_value(span_text(draw.latency.hi))})}})}}));
  for (const auto& [name, value] : draw.settings) {
    if (find_member(document, "settings") == nullptr) {
      set_member(document, "settings", object_value({}));
    }
    set_member(*find_member(document, "settings"), name, text_value(value));
  }
  Value& faults = *find_member(document, "faults");
  faults.items.insert(faults.items.end(), draw.episodes.begin(), draw.episodes.end());
  return document;
}

/// The fault that a problem with a document is about, if it is about one.
std::optional<std::size_t> fault_at(const std::string& pointer) {
  constexpr std::string_view faults = "/faults/";
  if (!pointer.starts_with(faults)) {
    return std::nullopt;
  }
  return static_cast<std::size_t>(std::stoull(pointer.substr(faults.size())));
}

}  // namespace

DrawnScenario read_drawn(Value document, std::size_t first, const PolicyFiles& policies) {
  std::vector<std::string> refused;
  for (;;) {
    std::string text = document_text(document);
    auto read = read_scenario(text, policies);
    if (read) {
      return {std::move(*read), std::move(text), std::move(refused)};
    }
    const std::optional<std::size_t> fault = fault_at(read.error().pointer);
    ensure(fault && *fault >= first, "only a drawn fault can be refused: " + read.error().text);
    std::vector<Value>& faults = find_member(document, "faults")->items;
    refused.push_back(faults[*fault].find("fault")->text + ": " + read.error().text);
    faults.erase(faults.begin() + static_cast<std::ptrdiff_t>(*fault));
  }
}

SeededScenario::SeededScenario(const LoadedScenario& scenario, std::uint64_t seed,
                               std::uint64_t mutation)
    : scenario_(scenario) {
  if (!scenario.scenario.swarm) {
    return;
  }
  if (auto echo = draw_echo(scenario, seed, mutation)) {
    drawn_ = std::move(echo->loaded);
    words_ = std::move(echo->words);
    echoes_ = true;
    return;
  }
  const auto profile = parse_document(scenario.text);
  ensure(profile.has_value(), "a loaded scenario was parsed before");
  const SwarmDraw draw = draw_swarm(scenario, seed, mutation);
  DrawnScenario drawn = read_drawn(document_of(*profile, draw),
                                   profile->find("faults")->items.size(), scenario.policies);
  words_ = swarm_text(draw);
  for (const std::string& refused : drawn.refused) {
    words_ += "not allowed: " + refused + "\n";
  }
  drawn_ = LoadedScenario{scenario.file, std::move(drawn.scenario), std::move(drawn.text),
                          scenario.policies};
}

}  // namespace arbees::sim
