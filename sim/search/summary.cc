#include "sim/search/summary.h"

#include <algorithm>
#include <tuple>

#include "sim/marks/mark.h"
#include "sim/scenario/fault_table.h"

namespace arbees::sim {

void Summary::add(const RunRecord& record) {
  ++runs_;
  failed_ += record.verdict == "pass" ? 0 : 1;
  twice_ += record.twice ? 1 : 0;
  leaks_ += record.verdict == "leak" ? 1 : 0;
  events_ += record.events;
  sim_ns_ += record.sim_ns;
  ++scenarios_[{record.scenario, record.policy}];
  for (const RunRecord::Failed& failed : record.failures) {
    Failure& failure =
        failures_[record.scenario + "|" + record.policy + "|" + failed.subject + "|" + failed.kind];
    const std::string key = record.key();
    const bool first = failure.runs == 0 ||
                       std::tie(record.seed, key) < std::tie(failure.first_seed, failure.first_key);
    ++failure.runs;
    if (first) {
      failure = {record.scenario, record.policy, failed.subject,
                 failed.kind,     failed.text,   failure.runs,
                 record.seed,     key,           record.repro};
    }
  }
  for (const auto& [id, checks] : record.checks) {
    InvariantFigure& figure = invariants_[id];
    figure.runs += checks > 0 ? 1 : 0;
    figure.checks += checks;
    figure.failed_runs +=
        std::ranges::find(record.failures, id, &RunRecord::Failed::subject) != record.failures.end()
            ? 1
            : 0;
  }
  for (const auto& [kind, fault] : record.faults) {
    faults_[kind].episodes += fault.episodes;
    faults_[kind].fired += fault.fired;
  }
  for (const auto& [text, hits] : record.marks) {
    marks_[text] += hits;
  }
  for (const std::string& pair : record.pairs) {
    pairs_.add(pair);
  }
  pairs_.end_run();
}

std::vector<Summary::Failure> Summary::failures() const {
  std::vector<Failure> all;
  for (const auto& [key, failure] : failures_) {
    all.push_back(failure);
  }
  return all;
}

std::vector<std::string> marks_never_hit(const Summary& summary, bool rare) {
  std::vector<std::string> texts;
  for (const MarkRow& row : mark_rows()) {
    const std::string text(row.text);
    if ((row.rarity == Rarity::rare) == rare && !summary.marks().contains(text)) {
      texts.push_back(text);
    }
  }
  std::ranges::sort(texts);
  return texts;
}

std::vector<std::string> faults_never_fired(const Summary& summary) {
  std::vector<std::string> names;
  for (const FaultRow& row : fault_table()) {
    const auto found = summary.faults().find(std::string(row.name));
    if (found == summary.faults().end() || found->second.fired == 0) {
      names.emplace_back(row.name);
    }
  }
  return names;
}

}  // namespace arbees::sim
