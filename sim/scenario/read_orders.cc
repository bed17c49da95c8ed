#include <algorithm>

#include "core/base/assert.h"
#include "sim/scenario/reading.h"
#include "sim/scenario/span.h"

namespace arbees::sim {
namespace {

Verb verb_of(const std::string& word) {
  const auto found = std::ranges::find(verb_names, word);
  ensure(found != verb_names.end(), "the shape has been checked");
  return static_cast<Verb>(std::distance(verb_names.begin(), found));
}

void check_subject(const Located& located, const ScenarioOrder& order, const Scenario& scenario,
                   Problems& problems) {
  const Verb verb = order.order.verb;
  const bool fleet = verb == Verb::pause || verb == Verb::resume || verb == Verb::release_hold;
  const bool shard_needed = !fleet && verb != Verb::move;
  if (shard_needed && order.order.shard.empty()) {
    problems.add(located, "this order is about a shard: name it as \"shard\"");
  }
  if (!order.order.shard.empty() &&
      std::ranges::find(scenario.shards, order.order.shard) == scenario.shards.end()) {
    std::vector<std::string> words;
    for (const ShardId& shard : scenario.shards) {
      words.push_back(shard.str());
    }
    problems.add(located.at("shard"), unknown_word("shard", order.order.shard.str(), words));
  }
  if ((verb == Verb::move) == order.order.game.empty()) {
    problems.add(located, "\"game\" is what a move is about, and no other order");
  }
}

}  // namespace

ScenarioOrder read_order(const Located& located, const Scenario& scenario, Problems& problems) {
  ScenarioOrder order;
  order.at = read_drawn(located.at("at"), scenario, problems);
  if (!order.at.parameter.empty()) {
    problems.add(located.at("at"), "an order is given at a span or at one drawn between two");
  }
  order.order.verb = verb_of(located.at("order")->text);
  order.order.who = "operator";
  order.order.why = located.at("why") ? located.at("why")->text : "the scenario says so";
  if (const Located shard = located.at("shard")) {
    order.order.shard = ShardId(shard->text);
  }
  if (const Located game = located.at("game")) {
    order.order.game = GameId(game->text);
  }
  if (const Located deadline = located.at("deadline")) {
    order.order.deadline = parse_span(deadline->text);
  }
  check_subject(located, order, scenario, problems);
  return order;
}

}  // namespace arbees::sim
