#include "sim/recording/compare.h"

#include <algorithm>
#include <sstream>

#include "core/base/assert.h"
#include "sim/recording/causes.h"
#include "sim/recording/run_recorder.h"
#include "sim/scenario/span.h"

namespace arbees::sim {
namespace {

/// Two runs of a build that leaks differ most of the time, not always, and not always at one place.
constexpr int attempts = 5;

/// A run with all its events, and in words what the digest was made of in [from, to).
struct DetailedRun {
  Digest digest;
  EventFile events;
};

DetailedRun detailed(const RunRequest& request, const DigestConfig& recorded) {
  RunRequest again = request;
  RunRecorder recorder(request.scenario, request.policy, request.seed, {});
  again.recorder = &recorder;
  again.digest = recorded;
  const RunResult result = run_scenario(again);
  std::istringstream lines(recorder.finish(result));
  auto events = read_event_file(lines, "the recording");
  ensure(events.has_value(), "a recording can be read back");
  return {result.digest, std::move(*events)};
}

/// The event that an item is; for bytes, and at the end, the last one recorded before.
EventId event_at(const Digest& digest, std::uint64_t item) {
  const auto& recorded = digest.recording();
  std::uint64_t at = std::min<std::uint64_t>(item - digest.recorded_from() + 1, recorded.size());
  for (; at > 0; --at) {
    if (!recorded[at - 1].event.none()) {
      return recorded[at - 1].event;
    }
  }
  return {};
}

DivergingItem item_of(const DetailedRun& run, std::uint64_t item, const std::string& words) {
  const EventId event = event_at(run.digest, item);
  const auto chain = chain_of_causes(run.events, event);
  return {.words = words,
          .event = chain.empty() ? std::string() : event_line(*chain.back()),
          .causes = chain_text(chain)};
}

std::string indented(const std::string& text) {
  std::string out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    out.append("      ").append(line).append("\n");
  }
  return out;
}

}  // namespace

std::optional<Divergence> locate_difference(const RunRequest& a, const Digest& of_a,
                                            const RunRequest& b, const Digest& of_b) {
  const std::optional<Difference> where = first_difference(of_a, of_b);
  if (!where) {
    return std::nullopt;
  }
  Divergence divergence{.item = where->from, .equal_until = where->equal_until, .a = {}, .b = {}};
  DigestConfig recorded{.record_from = where->from, .record_to = where->to};
  for (int attempt = 0; attempt < attempts && !divergence.a; ++attempt) {
    const DetailedRun run_a = detailed(a, recorded);
    const DetailedRun run_b = detailed(b, recorded);
    const std::optional<Difference> exact = first_difference(run_a.digest, run_b.digest);
    if (exact && exact->a && exact->b) {
      divergence = {.item = exact->from,
                    .equal_until = exact->equal_until,
                    .a = item_of(run_a, exact->from, *exact->a),
                    .b = item_of(run_b, exact->from, *exact->b)};
    }
    // A leak may come out elsewhere each time: from now on everything up to there is looked at.
    recorded = {.record_from = 0,
                .record_to = std::max(recorded.record_to, exact ? exact->to : std::uint64_t{0})};
  }
  return divergence;
}

std::optional<Divergence> compare_runs(const RunRequest& a, const RunRequest& b) {
  return locate_difference(a, run_scenario(a).digest, b, run_scenario(b).digest);
}

std::string divergence_text(const Divergence& divergence) {
  std::string text = "  equal until " + span_text(divergence.equal_until.time_since_epoch()) + "; ";
  if (!divergence.a || !divergence.b) {
    return text + "the first difference is after item " + std::to_string(divergence.item) +
           ", but further runs did not show it again\n";
  }
  text += "first difference at item " + std::to_string(divergence.item) + "\n";
  for (const auto& [name, item] : {std::pair{"A", &*divergence.a}, {"B", &*divergence.b}}) {
    text += "    " + std::string(name) + ": " + item->words + "\n";
    text +=
        item->event.empty() ? "" : "      because of, from the root:\n" + indented(item->causes);
  }
  return text;
}

}  // namespace arbees::sim
