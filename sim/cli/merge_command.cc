#include "sim/cli/merge_command.h"

#include <optional>
#include <utility>

#include "sim/cli/search_conclusion.h"
#include "sim/report/output_file.h"
#include "sim/search/junit.h"
#include "sim/search/results_file.h"

namespace arbees::sim {

ChaosExit merge_command(const MergeOptions& options, Console& console) {
  std::optional<ResultsFile> into;
  FinishedSearch finished{.made_anew = false};
  for (const std::string& path : options.parts) {
    const auto part = ResultsFile::open_existing(path);
    if (!part) {
      return complain(part.error(), console, ChaosExit::unreadable);
    }
    if (!into) {
      auto opened = ResultsFile::open(options.out, part->plan(), part->build());
      if (!opened) {
        return complain(opened.error(), console, ChaosExit::unreadable);
      }
      into = std::move(*opened);
    }
    if (part->plan() != into->plan() || part->build() != into->build()) {
      return complain(
          path + " is part of another search (" + part->plan() + ", build " + part->build() + ")",
          console, ChaosExit::unreadable);
    }
    const auto records = part->read();
    if (!records) {
      return complain(records.error(), console, ChaosExit::unreadable);
    }
    if (auto added = into->add(*records); !added) {
      return complain(added.error(), console);
    }
  }
  const auto all = into->read();
  if (!all) {
    return complain(all.error(), console, ChaosExit::unreadable);
  }
  for (const RunRecord& record : *all) {
    finished.outcome.summary.add(record);
  }
  bool kept = true;
  if (!options.junit.empty()) {
    const auto written = write_output(options.junit, junit_xml(finished.outcome.summary));
    kept = written.has_value();
    if (!kept) {
      complain(written.error(), console);
    }
  }
  const ChaosExit code = conclude_search(finished, options.json, true, console);
  return kept ? code : ChaosExit::usage;
}

}  // namespace arbees::sim
