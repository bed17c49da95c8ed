#include "sim/cli/search_output.h"

#include <algorithm>
#include <vector>

#include "core/settings/decimal.h"
#include "sim/cli/table_cells.h"
#include "sim/json/json_writer.h"
#include "sim/marks/mark.h"

namespace arbees::sim {
namespace {

std::uint64_t per_second(std::uint64_t count, std::int64_t wall_ns) {
  const auto milliseconds_gone =
      static_cast<std::uint64_t>(std::max<std::int64_t>(wall_ns / 1'000'000, 1));
  return count * 1'000 / milliseconds_gone;
}

/// Thousandths as a decimal: 1250 is "1.25".
std::string milli_text(std::uint64_t milli) {
  return decimal_text(Duration(static_cast<std::int64_t>(milli)), Duration(1'000));
}

std::string indented_list(const std::string& heading, const std::vector<std::string>& items) {
  std::string text = items.empty() ? std::string() : heading + "\n";
  for (const std::string& item : items) {
    text += "  " + item + "\n";
  }
  return text;
}

std::string failures_text(const Summary& summary) {
  std::string text;
  for (const Summary::Failure& failure : summary.failures()) {
    text += "FAIL  " + failure.scenario + " " + failure.policy + "  " + failure.subject + ": " +
            failure.text + "\n      " + std::to_string(failure.runs) + " runs, first seed " +
            std::to_string(failure.first_seed) + ": " + failure.repro + "\n";
  }
  return text;
}

std::string tables_text(const Summary& summary) {
  std::string text = left_cell("invariant", 22) + "     runs      checks    failed\n";
  for (const auto& [id, figure] : summary.invariants()) {
    text += left_cell(id, 22) + right_cell(figure.runs, 7) + right_cell(figure.checks, 10) +
            right_cell(figure.failed_runs, 6) + "\n";
  }
  text += left_cell("fault", 22) + " episodes       fired\n";
  for (const auto& [kind, fault] : summary.faults()) {
    text +=
        left_cell(kind, 22) + right_cell(fault.episodes, 7) + right_cell(fault.fired, 10) + "\n";
  }
  return text + indented_list("faults that never fired:", faults_never_fired(summary)) +
         indented_list("marks never hit:", marks_never_hit(summary, false)) +
         indented_list("rare marks never hit:", marks_never_hit(summary, true));
}

void write_failures(JsonWriter& json, const Summary& summary) {
  json.key("failures");
  json.open_list();
  for (const Summary::Failure& failure : summary.failures()) {
    json.item();
    json.open_object();
    json.seed(failure.first_seed);
    json.member("scenario", failure.scenario);
    json.member("policy", failure.policy);
    json.member("invariant", failure.subject);
    json.member("text", failure.text);
    json.member("runs", failure.runs);
    json.member("repro", failure.repro);
    json.close();
  }
  json.close();
}

void write_list(JsonWriter& json, std::string_view key, const std::vector<std::string>& texts) {
  json.key(key);
  json.open_list();
  for (const std::string& text : texts) {
    json.item();
    json.text(text);
  }
  json.close();
}

void write_coverage(JsonWriter& json, const Summary& summary) {
  const Unseen unseen = summary.pairs().unseen();
  json.key("coverage");
  json.open_object();
  json.member("pairs", unseen.seen);
  json.member("seen_once", unseen.once);
  json.raw_member("new_expected_per_100_runs", milli_text(unseen.expected_new_milli(100)));
  json.member("unseen_at_least", unseen.estimated_unseen());
  json.key("invariants");
  json.open_object();
  for (const auto& [id, figure] : summary.invariants()) {
    json.key(id);
    json.open_object();
    json.member("runs", figure.runs);
    json.member("checks", figure.checks);
    json.member("failed_runs", figure.failed_runs);
    json.close();
  }
  json.close();
  json.key("faults");
  json.open_object();
  for (const auto& [kind, fault] : summary.faults()) {
    json.key(kind);
    json.open_object();
    json.member("episodes", fault.episodes);
    json.member("fired", fault.fired);
    json.close();
  }
  json.close();
  write_list(json, "faults_never_fired", faults_never_fired(summary));
  json.key("marks");
  json.open_object();
  for (const auto& [text, hits] : summary.marks()) {
    json.member(text, hits);
  }
  json.close();
  write_list(json, "marks_never_hit", marks_never_hit(summary, false));
  write_list(json, "rare_marks_never_hit", marks_never_hit(summary, true));
  json.close();
}

}  // namespace

std::string search_text(const FinishedSearch& finished) {
  const Summary& summary = finished.outcome.summary;
  const Unseen unseen = summary.pairs().unseen();
  std::string text = failures_text(summary) + tables_text(summary);
  if (finished.sweep_points > 0) {
    text += std::to_string(finished.sweep_points) + " points x " +
            std::to_string(finished.sweep_faults) + " faults; " +
            (finished.outcome.complete ? "complete\n" : "NOT complete\n");
  }
  text += std::to_string(unseen.seen) + " pairs of state and fault, " +
          std::to_string(unseen.once) + " of them seen once; expected in 100 more runs: " +
          milli_text(unseen.expected_new_milli(100)) + " new ones; unseen: at least " +
          std::to_string(unseen.estimated_unseen()) + "\n";
  text += std::to_string(summary.runs()) + " runs, " + std::to_string(summary.failed()) +
          " failed; " + std::to_string(summary.made_twice()) + " made twice, " +
          std::to_string(summary.leaks()) + " came out differently\n";
  if (!finished.made_anew) {
    return text;
  }
  text += std::to_string(finished.outcome.made) + " runs in " +
          decimal_text(Duration(finished.wall_ns / 1'000'000 * 1'000'000), seconds{1}) +
          " s: " + std::to_string(per_second(finished.outcome.made, finished.wall_ns)) +
          " runs/s\n";
  return text;
}

std::string search_json(const FinishedSearch& finished) {
  const Summary& summary = finished.outcome.summary;
  // Speed is of the runs made now; what a file had already took no time.
  const std::uint64_t share =
      summary.runs() == 0 ? 0 : finished.outcome.made * 1'000 / summary.runs();
  JsonWriter json;
  json.open_object();
  json.member("schema_version", 1);
  json.member("runs", summary.runs());
  json.member("runs_failed", summary.failed());
  json.member("runs_made_twice", summary.made_twice());
  json.member("runs_that_differed", summary.leaks());
  if (finished.made_anew) {
    json.flag("complete", finished.outcome.complete);
    json.flag("saw_enough", finished.outcome.saw_enough);
    json.flag("saw_failure", finished.outcome.saw_failure);
  }
  if (finished.sweep_points > 0) {
    json.member("sweep_points", finished.sweep_points);
    json.member("sweep_faults", finished.sweep_faults);
  }
  write_failures(json, summary);
  if (finished.made_anew) {
    json.member("runs_per_second", per_second(finished.outcome.made, finished.wall_ns));
    json.member("sim_seconds_per_second",
                per_second(summary.sim_ns() / 1'000'000'000 * share / 1'000, finished.wall_ns));
    json.member("events_per_second",
                per_second(summary.events() / 1'000 * share, finished.wall_ns));
  }
  write_coverage(json, summary);
  json.close();
  return json.take();
}

}  // namespace arbees::sim
