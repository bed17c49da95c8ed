#include "sim/shrink/shrinker.h"

#include <algorithm>

#include "core/base/assert.h"
#include "sim/scenario/document_text.h"
#include "sim/scenario/span.h"
#include "sim/shrink/passes.h"

namespace arbees::sim {
namespace {

constexpr unsigned seeds_to_try = 20;
constexpr int rounds_max = 4;

/// The document of a failure, with what was chosen on its command line written into it.
Value document_of(const OpenedFailure& failure) {
  auto parsed = parse_document(failure.file.scenario_text);
  ensure(parsed.has_value(), "the scenario of an opened failure was understood");
  Value document = std::move(*parsed);
  if (Value* parameters = find_member(document, "parameters")) {
    for (const auto& [name, range] : failure.file.parameters) {
      Value between = object_value({{"between", list_value({text_value(span_text(range.lo)),
                                                            text_value(span_text(range.hi))})}});
      set_member(*find_member(*parameters, name), "default", std::move(between));
    }
  }
  if (failure.file.duration) {
    set_member(document, "duration", text_value(span_text(*failure.file.duration)));
  }
  return document;
}

std::size_t fault_count(const Value& document) { return document.find("faults")->items.size(); }

std::string shortened(const std::string& text) {
  constexpr std::size_t longest = 200;
  return text.size() <= longest ? text : text.substr(0, text.rfind(' ', longest)) + " …";
}

void write_heading(Value& document, const std::string& name, const OpenedFailure& failure,
                   const Failing& failing) {
  set_member(document, "name", text_value(name));
  set_member(document, "title", text_value(shortened(failing.subject + ": " + failing.text)));
  set_member(document, "source",
             text_value("shrunk from " + failure.file.scenario_name + ", " + failure.file.policy +
                        ", seed " + std::to_string(failure.file.seed)));
}

void run_passes(ShrinkState& state) {
  settle_draws(state);
  shorten_run(state);
  for (int round = 0; round < rounds_max && !state.stopped(); ++round) {
    bool smaller = drop_faults(state);
    smaller = drop_orders(state) || smaller;
    smaller = drop_games(state) || smaller;
    smaller = drop_nodes(state) || smaller;
    smaller = drop_settings(state) || smaller;
    smaller = narrow_targets(state) || smaller;
    smaller = shorten_run(state) || smaller;
    smaller = round_times(state) || smaller;
    if (!smaller) {
      break;
    }
  }
  drop_names(state);
  drop_faults(state);  // the faults that are left are those that are necessary
}

}  // namespace

ShrinkState::ShrinkState(Value document, PolicyFiles policies, std::string policy,
                         std::uint64_t seed, Failing failure, const ShrinkOptions& options)
    : document_(std::move(document)),
      policies_(std::move(policies)),
      policy_(std::move(policy)),
      seed_(seed),
      failure_(std::move(failure)),
      options_(options) {}

std::optional<ShrinkState::Outcome> ShrinkState::outcome(const Value& candidate,
                                                         std::uint64_t seed) {
  const auto scenario = read_scenario(document_text(candidate), policies_);
  if (!scenario || scenario->policy(policy_) == nullptr) {
    return std::nullopt;
  }
  ++runs_;
  RunResult result =
      run_scenario({.scenario = *scenario, .policy = *scenario->policy(policy_), .seed = seed});
  options_.progress(runs_, fault_count(document_));
  for (Failing& failing : failings(result)) {
    if (failing.same_defect(failure_)) {
      return Outcome{std::move(failing), std::move(result.schedule)};
    }
  }
  return std::nullopt;
}

bool ShrinkState::fails(const Value& candidate) {
  const std::string text = document_text(candidate);
  if (const auto known = known_.find(text); known != known_.end()) {
    return known->second;
  }
  const bool failed = outcome(candidate, seed_).has_value();
  known_.emplace(text, failed);
  return failed;
}

bool ShrinkState::accept(const Value& candidate) {
  std::optional<Outcome> now = outcome(candidate, seed_);
  if (!now) {
    return false;
  }
  document_ = candidate;
  failure_ = std::move(now->failure);
  schedule_ = std::move(now->schedule);
  return true;
}

bool ShrinkState::fails_with_seed(std::uint64_t seed) {
  return outcome(document_, seed).has_value();
}

bool ShrinkState::accept_seed(std::uint64_t seed) {
  std::optional<Outcome> now = outcome(document_, seed);
  if (now) {
    seed_ = seed;
    known_.clear();
    failure_ = std::move(now->failure);
    schedule_ = std::move(now->schedule);
  }
  return now.has_value();
}

std::optional<Shrunk> shrink(const OpenedFailure& failure, const ShrinkOptions& options) {
  const Value document = document_of(failure);
  ShrinkState state(document, failure.loaded.policies, failure.file.policy, failure.file.seed,
                    failure.file.failure, options);
  if (!state.accept(document)) {
    return std::nullopt;
  }
  run_passes(state);
  state.accept_seed(1);

  Shrunk shrunk{.name = options.name,
                .text = {},
                .seed = state.seed(),
                .failure = state.failure(),
                .faults = fault_lines(state.document()),
                .faults_before = fault_count(document)};
  for (unsigned seed = 1; seed <= seeds_to_try && !state.stopped(); ++seed) {
    ++shrunk.seeds_tried;
    shrunk.seeds_failed += state.fails_with_seed(seed) ? 1 : 0;
  }
  Value heading = state.document();
  write_heading(heading, options.name, failure, state.failure());
  shrunk.complete = !state.stopped();
  shrunk.text =
      std::string(shrunk.complete ? "// Each fault of it is necessary."
                                  : "// Stopped before it was minimal: some faults may not be "
                                    "necessary.") +
      " To see it fail:\n//   arbees-chaos run " + options.path + " --policy " + state.policy() +
      " --seed " + std::to_string(state.seed()) + "\n" + document_text(heading);
  shrunk.runs = state.runs();
  return shrunk;
}

}  // namespace arbees::sim
