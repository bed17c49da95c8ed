#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/runner/run.h"

namespace arbees::sim {

/// One thing that was wrong with a run.
struct Failing {
  std::string subject;  ///< an invariant's id, or an expectation's text
  /// What kind of thing it was: the sentence without names and numbers. Two failures of one subject and
  /// kind are taken for the same defect.
  std::string kind;
  std::string text;           ///< the whole sentence
  std::optional<SimTime> at;  ///< none: known only at the end of the run
  EventId event;              ///< none: no single event shows it

  [[nodiscard]] bool same_defect(const Failing& other) const {
    return subject == other.subject && kind == other.kind;
  }
};

/// A sentence without the words that name something or count: what has a digit in it goes.
[[nodiscard]] std::string kind_of(std::string_view sentence);

/// Everything that made a run fail, the first violation first; empty if it passed.
[[nodiscard]] std::vector<Failing> failings(const RunResult& result);

/// Whether the run failed in this way too.
[[nodiscard]] bool fails_as(const RunResult& result, const Failing& failing);

}  // namespace arbees::sim
