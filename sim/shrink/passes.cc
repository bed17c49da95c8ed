#include "sim/shrink/passes.h"

#include <algorithm>
#include <functional>

#include "core/base/assert.h"
#include "sim/scenario/document_text.h"
#include "sim/scenario/fault_table.h"
#include "sim/scenario/span.h"
#include "sim/shrink/minimal_subset.h"

namespace arbees::sim {
namespace {

using Kept = std::span<const std::size_t>;

/// The items of a list that are in `kept`.
std::vector<Value> chosen(const std::vector<Value>& items, Kept kept) {
  std::vector<Value> result;
  for (const std::size_t index : kept) {
    result.push_back(items[index]);
  }
  return result;
}

/// Leaves out what can be left out of a list or an object that `part` finds in a document.
bool minimise(ShrinkState& state, const std::function<Value*(Value&)>& part) {
  Value document = state.document();
  const Value* whole = part(document);
  if (whole == nullptr) {
    return false;
  }
  const Value before = *whole;
  const std::size_t size =
      before.kind == Value::Kind::list ? before.items.size() : before.members.size();
  const auto with = [&](Kept kept) {
    Value candidate = state.document();
    Value& into = *part(candidate);
    if (before.kind == Value::Kind::list) {
      into.items = chosen(before.items, kept);
    } else {
      into.members.clear();
      for (const std::size_t index : kept) {
        into.members.push_back(before.members[index]);
      }
    }
    return candidate;
  };
  const auto kept = minimal_subset(
      size, [&](Kept indices) { return state.fails(with(indices)); },
      [&] { return state.stopped(); });
  return kept.size() < size && state.accept(with(kept));
}

/// Takes a smaller number where `part` has one: the least that still fails, as far as halving finds it.
bool minimise_count(ShrinkState& state, std::uint64_t least,
                    const std::function<Value*(Value&)>& part) {
  Value document = state.document();
  const Value* value = part(document);
  if (value == nullptr || value->kind != Value::Kind::number) {
    return false;
  }
  std::uint64_t most = std::stoull(value->text);  // fails with this many
  const std::uint64_t before = most;
  for (std::uint64_t low = least; low < most && !state.stopped();) {
    const std::uint64_t middle = low + (most - low) / 2;
    Value candidate = state.document();
    *part(candidate) = count_value(middle);
    if (state.accept(candidate)) {
      most = middle;
    } else {
      low = middle + 1;
    }
  }
  return most < before;
}

bool without_member(ShrinkState& state, std::string_view key) {
  Value candidate = state.document();
  return erase_member(candidate, key) && state.accept(candidate);
}

Value* fleet_member(Value& document, std::string_view key) {
  return find_member(*find_member(document, "fleet"), key);
}

const FaultRow& row_of(const Value& fault) {
  const auto found = std::ranges::find(fault_table(), fault.find("fault")->text, &FaultRow::name);
  ensure(found != fault_table().end(), "the fault was understood before");
  return *found;
}

std::string name_of(const Value& fault) {
  const Value* name = fault.find("name");
  return name != nullptr ? name->text : fault.find("fault")->text;
}

/// The value that a span of a fault had in the run, if the document leaves it open.
std::optional<Duration> value_in_run(const ResolvedSchedule& schedule, const Value& fault,
                                     const std::string& key, const Value& span) {
  if (span.kind == Value::Kind::text && span.text.starts_with('$')) {
    const auto found = schedule.parameters.find(span.text.substr(1));
    return found == schedule.parameters.end() ? std::nullopt : std::optional(found->second);
  }
  const auto found = schedule.drawn.find("fault:" + name_of(fault) + ":" + key);
  const bool once = found != schedule.drawn.end() && found->second.size() == 1;
  return span.kind == Value::Kind::object && once ? std::optional(found->second.front())
                                                  : std::nullopt;
}

/// Writes the values that spans of a fault had in the run in their places; false: none was left open.
bool settle(Value& fault, const ResolvedSchedule& schedule) {
  bool changed = false;
  for (const Field& field : row_of(fault).shape->fields) {
    Value* span = find_member(fault, field.key);
    if (span != nullptr && field.shape->kind == Shape::Kind::drawn) {
      if (const auto value = value_in_run(schedule, fault, field.key, *span)) {
        *span = text_value(span_text(*value));
        changed = true;
      }
    }
  }
  return changed;
}

/// Only what the failure is about: its policy, and its expectation if it is one.
bool keep_policy(ShrinkState& state) {
  Value candidate = state.document();
  Value& policies = *find_member(candidate, "policies");
  std::erase_if(policies.members,
                [&](const Value::Member& member) { return member.key != state.policy(); });
  const Value others = candidate;
  Value& expect = *find_member(policies.members.front().value, "expect");
  expect.items.clear();
  if (state.accept(candidate)) {
    return true;
  }
  return state.accept(others) && minimise(state, [&](Value& document) {
           return find_member(find_member(document, "policies")->members.front().value, "expect");
         });
}

/// Spans of this length look good: whole minutes, half minutes, ...
constexpr Duration units[] = {minutes{1},        seconds{30},      seconds{10},
                              seconds{5},        seconds{1},       milliseconds{500},
                              milliseconds{100}, milliseconds{10}, milliseconds{1}};

/// How rough a span is: the largest unit it is a multiple of.
std::size_t roughness(Duration span) {
  for (std::size_t i = 0; i < std::size(units); ++i) {
    if (span % units[i] == Duration{}) {
      return i;
    }
  }
  return std::size(units);
}

/// Takes the roundest value near the span that `part` finds.
bool round_span(ShrinkState& state, const std::function<Value*(Value&)>& part) {
  Value document = state.document();
  const Value* value = part(document);
  const auto span =
      value != nullptr && value->kind == Value::Kind::text ? parse_span(value->text) : std::nullopt;
  if (!span) {
    return false;
  }
  for (std::size_t i = 0; i < roughness(*span) && !state.stopped(); ++i) {
    const Duration down = *span / units[i] * units[i];
    const Duration nearest = (*span + units[i] / 2) / units[i] * units[i];
    for (const Duration round : {nearest, down, down + units[i]}) {
      Value candidate = state.document();
      *part(candidate) = text_value(span_text(round));
      // Much longer, one fault might do what took two.
      const bool near = round * 4 >= *span * 3 && round * 4 <= *span * 5;
      if (near && round > Duration{} && state.accept(candidate)) {
        return true;
      }
    }
  }
  return false;
}

/// The nodes that a text or a list of texts names.
std::vector<std::string> names_in(const Value& nodes, const Value& document) {
  std::vector<std::string> names;
  const auto add = [&](const std::string& name) {
    if (name != "shards") {
      names.push_back(name);
      return;
    }
    const Value& shards = *document.find("fleet")->find("shards");
    if (shards.kind == Value::Kind::list) {
      for (const Value& shard : shards.items) {
        names.push_back(shard.text);
      }
    } else {
      for (std::uint64_t i = 1; i <= std::stoull(shards.text); ++i) {
        names.push_back("shard-" + std::to_string(i));
      }
    }
  };
  if (nodes.kind == Value::Kind::text) {
    add(nodes.text);
  }
  for (const Value& node : nodes.items) {
    add(node.text);
  }
  return names;
}

constexpr std::string_view node_keys[] = {"target", "from", "to", "shard"};

/// Every text of a document that equals a key of `names` becomes its value; keys of objects too.
void rename(Value& value, const std::map<std::string, std::string>& names) {
  if (value.kind == Value::Kind::text) {
    const auto found = names.find(value.text);
    value.text = found == names.end() ? value.text : found->second;
  }
  for (Value& item : value.items) {
    rename(item, names);
  }
  for (Value::Member& member : value.members) {
    const auto found = names.find(member.key);
    member.key = found == names.end() ? member.key : found->second;
    rename(member.value, names);
  }
}

/// Numbers the shards that faults and orders name from 1.
bool renumber_shards(ShrinkState& state) {
  Value candidate = state.document();
  std::map<std::string, std::string> names;
  for (const std::string_view part : {"faults", "orders"}) {
    const Value* list = candidate.find(part);
    for (const Value& item : list == nullptr ? std::vector<Value>() : list->items) {
      for (const std::string_view key : node_keys) {
        const Value* nodes = item.find(key);
        for (const std::string& name :
             nodes == nullptr ? std::vector<std::string>() : names_in(*nodes, candidate)) {
          if (name.starts_with("shard-")) {
            names[name] = {};
          }
        }
      }
    }
  }
  std::size_t next = 0;
  bool changes = false;
  for (auto& [from, to] : names) {
    to = "shard-" + std::to_string(++next);
    changes = changes || from != to;
  }
  if (!changes) {
    return false;
  }
  for (const std::string_view part : {"faults", "orders", "shard_settings", "policies"}) {
    if (Value* member = find_member(candidate, part)) {
      rename(*member, names);
    }
  }
  return state.accept(candidate);
}

/// For a failure that is known only at the end: the shortest run, in steps of ten seconds, that halving finds.
bool halve_run(ShrinkState& state, Duration before) {
  constexpr Duration step = seconds{10};
  std::int64_t fails = before / step;
  std::int64_t low = 1;
  bool changed = false;
  while (low < fails && !state.stopped()) {
    const std::int64_t middle = low + (fails - low) / 2;
    Value candidate = state.document();
    set_member(candidate, "duration", text_value(span_text(middle * step)));
    if (state.accept(candidate)) {
      fails = middle;
      changed = true;
    } else {
      low = middle + 1;
    }
  }
  return changed;
}

}  // namespace

bool settle_draws(ShrinkState& state) {
  bool changed = keep_policy(state);
  const ResolvedSchedule schedule = state.schedule();
  Value all = state.document();
  for (Value& fault : find_member(all, "faults")->items) {
    settle(fault, schedule);
  }
  if (state.accept(all)) {
    changed = true;
  } else {
    for (std::size_t i = 0; i < state.document().find("faults")->items.size(); ++i) {
      Value candidate = state.document();
      changed = (settle(find_member(candidate, "faults")->items[i], schedule) &&
                 state.accept(candidate)) ||
                changed;
    }
  }
  return without_member(state, "parameters") || changed;
}

bool shorten_run(ShrinkState& state) {
  const auto before = parse_span(state.document().find("duration")->text);
  if (!before) {
    return false;
  }
  if (!state.failure().at) {
    return halve_run(state, *before);
  }
  const Duration at = state.failure().at->time_since_epoch();
  for (const Duration unit : {Duration(seconds{10}), Duration(seconds{1})}) {
    const Duration end = (at / unit + 1) * unit;
    if (end >= *before) {
      continue;
    }
    Value candidate = state.document();
    set_member(candidate, "duration", text_value(span_text(end)));
    std::erase_if(find_member(candidate, "faults")->items, [&](const Value& fault) {
      const auto start = parse_span(fault.find("at")->text);
      return start && *start >= end;
    });
    if (state.accept(candidate)) {
      return true;
    }
  }
  return false;
}

bool drop_faults(ShrinkState& state) {
  return minimise(state, [](Value& document) { return find_member(document, "faults"); });
}

bool drop_orders(ShrinkState& state) {
  return without_member(state, "orders") ||
         minimise(state, [](Value& document) { return find_member(document, "orders"); });
}

bool drop_games(ShrinkState& state) {
  const Value::Kind kind = state.document().find("games")->kind;
  if (kind == Value::Kind::list) {
    return minimise(state, [](Value& document) { return find_member(document, "games"); });
  }
  return minimise_count(state, 0, [kind](Value& document) {
    Value* games = find_member(document, "games");
    return kind == Value::Kind::object ? find_member(*games, "count") : games;
  });
}

bool drop_nodes(ShrinkState& state) {
  bool changed = renumber_shards(state);
  const Value& shards = *state.document().find("fleet")->find("shards");
  const auto part = [](Value& document) { return fleet_member(document, "shards"); };
  changed =
      (shards.kind == Value::Kind::list ? minimise(state, part) : minimise_count(state, 1, part)) ||
      changed;
  for (const std::string_view key :
       {"services", "sentinels", "redis_replicas", "sentinel_down_after"}) {
    Value candidate = state.document();
    if (erase_member(*find_member(candidate, "fleet"), key)) {
      changed = state.accept(candidate) ||
                minimise_count(state, 1, [key](Value& d) { return fleet_member(d, key); }) ||
                changed;
    }
  }
  return changed;
}

bool drop_settings(ShrinkState& state) {
  bool changed = false;
  for (const std::string_view key : {"settings", "shard_settings", "network"}) {
    changed = without_member(state, key) || changed;
    changed = (key != "network" &&
               minimise(state, [key](Value& document) { return find_member(document, key); })) ||
              changed;
  }
  return changed;
}

bool narrow_targets(ShrinkState& state) {
  bool changed = false;
  for (std::size_t i = 0; i < state.document().find("faults")->items.size(); ++i) {
    for (const std::string_view key : node_keys) {
      const Value* nodes = state.document().find("faults")->items[i].find(key);
      const auto names =
          nodes == nullptr ? std::vector<std::string>() : names_in(*nodes, state.document());
      for (std::size_t name = 0; name < names.size() && names.size() > 1; ++name) {
        Value candidate = state.document();
        set_member(find_member(candidate, "faults")->items[i], key, text_value(names[name]));
        if (state.accept(candidate)) {
          changed = true;
          break;
        }
      }
    }
  }
  return changed;
}

bool round_times(ShrinkState& state) {
  bool changed = false;
  for (std::size_t i = 0; i < state.document().find("faults")->items.size(); ++i) {
    const FaultRow& row = row_of(state.document().find("faults")->items[i]);
    for (const Field& field : row.shape->fields) {
      if (field.shape->kind == Shape::Kind::drawn) {
        changed =
            round_span(state,
                       [i, &field](Value& document) {
                         return find_member(find_member(document, "faults")->items[i], field.key);
                       }) ||
            changed;
      }
    }
  }
  return changed;
}

bool drop_names(ShrinkState& state) {
  bool changed = false;
  for (std::size_t i = 0; i < state.document().find("faults")->items.size(); ++i) {
    Value candidate = state.document();
    changed = (erase_member(find_member(candidate, "faults")->items[i], "name") &&
               state.accept(candidate)) ||
              changed;
  }
  return changed;
}

std::vector<std::string> fault_lines(const Value& document) {
  std::vector<std::string> lines;
  for (const Value& fault : document.find("faults")->items) {
    lines.push_back(line_text(fault));
  }
  return lines;
}

}  // namespace arbees::sim
