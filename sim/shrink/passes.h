#pragma once

#include <string>
#include <vector>

#include "sim/shrink/shrinker.h"

// What a shrinker tries, one idea each. All of them leave the state failing as before, and tell whether they
// changed anything.

namespace arbees::sim {

/// Writes down what the seed drew: parameters and spans become values; other policies and expectations go.
bool settle_draws(ShrinkState& state);
/// Ends the run soon after the failure, without the faults that would come later.
bool shorten_run(ShrinkState& state);
/// Leaves out faults: a start with its healing is one element.
bool drop_faults(ShrinkState& state);
/// Leaves out what operators ask for.
bool drop_orders(ShrinkState& state);
bool drop_games(ShrinkState& state);
/// Leaves out shards, replicas and sentinels, and numbers the shards that are left from 1.
bool drop_nodes(ShrinkState& state);
bool drop_settings(ShrinkState& state);
/// Of several nodes that a fault happens to, takes one.
bool narrow_targets(ShrinkState& state);
/// Takes rounder times.
bool round_times(ShrinkState& state);
/// Leaves out names that say no more than the kind of the fault.
bool drop_names(ShrinkState& state);

/// The faults of a document, one line each.
[[nodiscard]] std::vector<std::string> fault_lines(const Value& document);

}  // namespace arbees::sim
