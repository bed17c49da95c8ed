#include "sim/swarm/episode.h"

#include <algorithm>
#include <utility>

#include "sim/scenario/document_text.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/span.h"

namespace arbees::sim {
namespace {

/// An orchestrator that has lost what it decided learns it from shards, when they beat.
constexpr Duration shards_are_heard = seconds{20};

constexpr std::string_view every_shard = "shards";

Duration rounded(Duration span) {
  const Duration unit = span >= seconds{10}  ? Duration(milliseconds{100})
                        : span >= seconds{1} ? Duration(milliseconds{10})
                                             : Duration(std::chrono::microseconds{100});
  return std::max(unit, span / unit * unit);
}

/// What is known of an episode while its fields are drawn.
struct Context {
  EpisodeTime time;
  std::uint64_t shards;
  std::string_view kind;
};

std::string any_program(const Context& context, Stream& draws) {
  const std::int64_t node = draws.between(0, static_cast<std::int64_t>(context.shards));
  return node == 0 ? std::string(orchestrator_node) : "shard-" + std::to_string(node);
}

/// One side of a link is a program or all shards, the other is Redis.
Value side(std::string_view key, const Context& context, Stream& draws) {
  if (key == "to") {
    return text_value(std::string(redis_node));
  }
  return text_value(draws.chance({1, 4}) ? std::string(every_shard) : any_program(context, draws));
}

std::uint64_t count_between(Stream& draws, std::uint64_t least, std::uint64_t most) {
  const Duration drawn = magnitude(draws, Duration(static_cast<std::int64_t>(least + 1)),
                                   Duration(static_cast<std::int64_t>(most + 1)));
  return static_cast<std::uint64_t>(drawn.count()) - 1;
}

/// A ratio of whole numbers, as {"of": …, "hits": …}.
std::optional<Value> ratio(const Shape& shape, Stream& draws) {
  const bool is_ratio =
      shape.fields.size() == 2 && shape.fields[0].key == "of" && shape.fields[1].key == "hits";
  if (!is_ratio) {
    return std::nullopt;
  }
  const std::int64_t of = draws.between(2, 20);
  const std::int64_t hits = draws.between(1, of);
  return object_value({{"of", count_value(static_cast<std::uint64_t>(of))},
                       {"hits", count_value(static_cast<std::uint64_t>(hits))}});
}

std::optional<Value> drawn_value(const Field& field, const Context& context, Stream& draws);

std::optional<Value> drawn_object(const Shape& shape, const Context& context, Stream& draws) {
  if (shape.fields.size() == 1 && shape.fields.front().key == "between") {
    const Duration one = magnitude(draws, milliseconds{1}, seconds{2});
    const Duration other = magnitude(draws, milliseconds{1}, seconds{2});
    return object_value({{"between", list_value({text_value(span_text(std::min(one, other))),
                                                 text_value(span_text(std::max(one, other)))})}});
  }
  if (auto share = ratio(shape, draws)) {
    return share;
  }
  std::vector<std::pair<std::string, Value>> members;
  for (const Field& field : shape.fields) {
    std::optional<Value> value = drawn_value(field, context, draws);
    if (value) {
      members.emplace_back(field.key, std::move(*value));
    } else if (field.need == Field::Need::required) {
      return std::nullopt;
    }
  }
  return object_value(std::move(members));
}

/// A wall clock can be wrong by anything, and a copy nearly as old as the run; what repeats should do so.
Duration longest_drawn(std::string_view key, const EpisodeTime& time) {
  const Duration longest = key == "by"    ? std::chrono::hours{24}
                           : key == "age" ? time.start - fleet_is_stored
                                          : time.length / 3;
  return std::max<Duration>(longest, seconds{1});
}

/// A value for one field, by its shape; none: leave it out, or the shape cannot be drawn.
std::optional<Value> drawn_value(const Field& field, const Context& context, Stream& draws) {
  const Shape& shape = *field.shape;
  switch (shape.kind) {
    case Shape::Kind::drawn:
      if (field.key == "at") {
        return text_value(span_text(context.time.start));
      }
      return text_value(span_text(
          field.key == "for"
              ? context.time.length
              : magnitude(draws, milliseconds{500}, longest_drawn(field.key, context.time))));
    case Shape::Kind::span:
      return text_value(span_text(magnitude(draws, milliseconds{1}, seconds{30})));
    case Shape::Kind::word:
      return text_value(shape.words[static_cast<std::size_t>(
          draws.between(0, static_cast<std::int64_t>(shape.drawn_words) - 1))]);
    case Shape::Kind::count: return count_value(count_between(draws, shape.least, shape.most));
    case Shape::Kind::flag: return flag_value(draws.chance({1, 2}));
    case Shape::Kind::object: return drawn_object(shape, context, draws);
    case Shape::Kind::choice:
      if (field.key == "target") {
        return text_value(any_program(context, draws));
      }
      if (field.key == "from" || field.key == "to") {
        return side(field.key, context, draws);
      }
      return drawn_value({field.key,
                          shape.options[static_cast<std::size_t>(draws.between(
                              0, static_cast<std::int64_t>(shape.options.size()) - 1))],
                          field.need,
                          {}},
                         context, draws);
    case Shape::Kind::number: return count_value(count_between(draws, 1, 100));
    case Shape::Kind::list: {
      auto item = drawn_value({field.key, shape.item, field.need, {}}, context, draws);
      return item ? std::optional(list_value({std::move(*item)})) : std::nullopt;
    }
    case Shape::Kind::name:
      if (field.key == "target" || field.key == "node") {
        return text_value(any_program(context, draws));
      }
      return std::nullopt;
    case Shape::Kind::text:
      if (field.key == "channel") {
        return text_value("shard:somebody:heartbeat");
      }
      return std::nullopt;
    default: return std::nullopt;
  }
}

bool overlap(const EpisodeTime& a, const EpisodeTime& b, Duration apart) {
  return a.start < b.start + b.length + apart && b.start < a.start + a.length + apart;
}

Duration span_of(const Value& fault, std::string_view key) {
  const Value* span = fault.find(key);
  return span == nullptr ? Duration{} : parse_span(span->text).value_or(Duration{});
}

}  // namespace

EpisodeTime time_of(const Value& fault) { return {span_of(fault, "at"), span_of(fault, "for")}; }

Duration magnitude(Stream& draws, Duration least, Duration most) {
  // Doubled a random number of times, and then somewhere up to the next doubling.
  std::int64_t doublings = 0;
  while ((least.count() << (doublings + 1)) <= most.count()) {
    ++doublings;
  }
  const std::int64_t times = draws.between(0, doublings);
  const Duration low{least.count() << times};
  const Duration high = std::min(most, Duration(low.count() * 2));
  const Duration drawn = draws.between({low, std::max(low, high)});
  return least >= std::chrono::microseconds{100} ? std::clamp(rounded(drawn), least, most) : drawn;
}

std::optional<Value> draw_episode(const FaultRow& row, const std::string& name,
                                  const EpisodeTime& time, std::uint64_t shards, Stream& draws) {
  const Context context{.time = time, .shards = shards, .kind = row.name};
  std::vector<std::pair<std::string, Value>> members;
  for (const Field& field : row.shape->fields) {
    if (field.key == "name") {
      members.emplace_back(field.key, text_value(name));
      continue;
    }
    // Healing is always said: what goes on to the end of the run cannot be survived.
    if (!field.drawn) {
      continue;
    }
    const bool wanted =
        field.need == Field::Need::required || field.key == "for" || draws.chance({1, 2});
    std::optional<Value> value = wanted ? drawn_value(field, context, draws) : std::nullopt;
    if (value) {
      members.emplace_back(field.key, std::move(*value));
    } else if (field.need == Field::Need::required) {
      return std::nullopt;
    }
  }
  return object_value(std::move(members));
}

std::uint64_t most_away(std::uint64_t shards) { return shards > 1 ? shards / 2 : 1; }

namespace {

/// Nodes go on with some faults, and can be broken in other ways meanwhile.
bool goes_on(std::string_view kind) {
  return kind == fault_row(FaultKind::check_failing).name ||
         kind == fault_row(FaultKind::wall_jump).name ||
         kind == fault_row(FaultKind::clock_drift).name;
}

std::uint64_t shards_among(const std::vector<std::string>& nodes) {
  return static_cast<std::uint64_t>(std::ranges::count_if(
      nodes, [](const std::string& node) { return node.starts_with("shard-"); }));
}

std::uint64_t away_at_once(const PlannedEpisode& episode) {
  const std::uint64_t shards = shards_among(episode.nodes);
  return episode.in_turns ? std::min<std::uint64_t>(shards, 1) : shards;
}

}  // namespace

PlannedEpisode planned(const Value& fault, const EpisodeTime& time, std::uint64_t shards) {
  PlannedEpisode episode{.time = time, .nodes = {}};
  const Value* target = fault.find("target");
  episode.cuts = fault.find("from") != nullptr;
  episode.in_turns = fault.find("fault")->text == fault_row(FaultKind::rolling_upgrade).name;
  if (episode.in_turns || (target != nullptr && target->text == every_shard)) {
    for (std::uint64_t i = 1; i <= shards; ++i) {
      episode.nodes.push_back("shard-" + std::to_string(i));
    }
  } else if (target != nullptr && target->kind == Value::Kind::list) {
    for (const Value& node : target->items) {
      episode.nodes.push_back(node.text);
    }
  } else if (target != nullptr) {
    episode.nodes.push_back(target->text);
  } else if (fault.find("fault")->text == fault_row(FaultKind::store_restored).name) {
    episode.nodes.emplace_back(orchestrator_node);  // It is away meanwhile.
  } else if (fault.find("from") == nullptr) {
    episode.nodes.emplace_back(redis_node);
  }
  const std::string& kind = fault.find("fault")->text;
  episode.forges = kind == fault_row(FaultKind::hostile_messages).name;
  episode.forgets = kind == fault_row(FaultKind::store_restored).name ||
                    (kind == fault_row(FaultKind::second_process).name && target != nullptr &&
                     target->text == orchestrator_node);
  if (goes_on(kind)) {
    for (std::string& node : episode.nodes) {
      node = kind + " of " + node;
    }
  }
  return episode;
}

namespace {

/// Nobody may be heard while it lasts.
bool silences(const PlannedEpisode& episode) {
  return episode.cuts || std::ranges::any_of(episode.nodes, [](const std::string& node) {
           return node == redis_node || node == orchestrator_node;
         });
}

bool forgets_as_shard(const PlannedEpisode& episode) {
  return !episode.cuts && shards_among(episode.nodes) > 0;
}

/// Whether a shard's process may end before it could tell an orchestrator what that one has lost.
bool witnesses_lost(std::vector<PlannedEpisode> all) {
  const auto lost = std::ranges::find(all, true, &PlannedEpisode::forgets);
  if (lost == all.end()) {
    return false;
  }
  EpisodeTime unheard = lost->time;
  std::ranges::sort(all, {}, [](const PlannedEpisode& episode) { return episode.time.start; });
  for (const PlannedEpisode& episode : all) {
    if (silences(episode) && overlap(episode.time, unheard, shards_are_heard)) {
      const Duration end =
          std::max(unheard.start + unheard.length, episode.time.start + episode.time.length);
      unheard.length = end - unheard.start;
    }
  }
  return std::ranges::any_of(all, [&](const PlannedEpisode& episode) {
    return forgets_as_shard(episode) && overlap(episode.time, unheard, shards_are_heard);
  });
}

/// Decisions take so long where shards fall silent: those are declared dead, and their games are given to others.
constexpr Duration dead_after = seconds{60};

/// Whether it goes on at Redis when the store forgets, for so long that shards were declared dead that nobody could hear of it.
bool hides_decisions(const PlannedEpisode& episode, const PlannedEpisode& lost) {
  const bool of_redis = std::ranges::any_of(episode.nodes, [](const std::string& node) {
    return node == redis_node || node.ends_with(" of " + std::string(redis_node));
  });
  return of_redis && episode.time.length >= dead_after && episode.time.start < lost.time.start &&
         lost.time.start < episode.time.start + episode.time.length;
}

}  // namespace

std::string refusal(const PlannedEpisode& episode, std::span<const PlannedEpisode> others,
                    Duration stable, std::uint64_t shards) {
  std::uint64_t away = away_at_once(episode);
  for (const PlannedEpisode& other : others) {
    if ((episode.forgets && other.forges) || (episode.forges && other.forgets)) {
      return "who has forgotten believes a stranger";
    }
    if (episode.forgets && other.forgets) {
      return "what the orchestrator decided can be lost once in a run";
    }
    if ((episode.forgets && hides_decisions(other, episode)) ||
        (other.forgets && hides_decisions(episode, other))) {
      return "of what was decided while nobody hears consumers alone know: a store may not forget "
             "it";
    }
    for (const std::string& node : episode.nodes) {
      if (std::ranges::find(other.nodes, node) == other.nodes.end()) {
        continue;
      }
      if (overlap(episode.time, other.time, stable)) {
        return node + " would be broken while it is, or has hardly healed";
      }
    }
    away += overlap(episode.time, other.time, Duration{}) ? away_at_once(other) : 0;
  }
  std::vector<PlannedEpisode> all(others.begin(), others.end());
  all.push_back(episode);
  if (witnesses_lost(std::move(all))) {
    return "shards alone know what the orchestrator has lost: none may forget it with it";
  }
  const bool breaks_shard = shards_among(episode.nodes) > 0;
  return shards > 1 && breaks_shard && away > most_away(shards) ? "too few shards would be left"
                                                                : std::string();
}

}  // namespace arbees::sim
