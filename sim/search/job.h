#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/recording/failure_file.h"
#include "sim/scenario/library.h"

namespace arbees::sim {

/// One run of a search.
struct SearchJob {
  std::shared_ptr<const LoadedScenario> loaded = {};  ///< as its seed has it: no profile
  std::string policy = {};
  std::uint64_t seed = 1;
  std::string variant = {};  ///< of a sweep: what was added; else empty
  std::string repro = {};    ///< the command that makes it again

  /// Names the run among all of its search.
  [[nodiscard]] std::string key() const;
};

/// All runs of a search, numbered from 0. Any process makes the same run from the same number.
struct SearchPlan {
  std::string text;  ///< what is searched; two searches of one text have the same runs
  /// Runs come in groups of so many: the first is drawn, the others are mutations of it, made only where the
  /// first or one of them showed something new.
  std::uint64_t siblings = 1;
  std::optional<std::uint64_t> size;  ///< none: there is always another seed
  std::function<SearchJob(std::uint64_t index)> job;
  /// The key of a run, without what it takes to make it.
  std::function<std::string(std::uint64_t index)> key;
};

[[nodiscard]] std::string run_key(const std::string& scenario, const std::string& policy,
                                  std::uint64_t seed, const std::string& variant);

/// The subject of a failure in which a run's process ended.
inline constexpr std::string_view program_subject = "the program itself";

/// What one run showed.
struct RunRecord {
  struct Fault {
    std::uint64_t episodes = 0;
    std::uint64_t fired = 0;
  };
  struct Failed {
    std::string subject;
    std::string kind;
    std::string text;
  };

  std::string scenario = {};
  std::string policy = {};
  std::uint64_t seed = 0;
  std::string variant = {};
  std::string verdict = {};  ///< pass, fail, leak (came out differently), crash (the program ended)
  std::string digest = {};
  std::uint64_t events = 0;
  std::uint64_t sim_ns = 0;
  std::uint64_t wall_ns = 0;
  bool twice = false;                                ///< was made twice and compared
  std::vector<Failed> failures = {};                 ///< each subject and kind once
  std::map<std::string, std::uint64_t> checks = {};  ///< by invariant
  std::map<std::string, Fault> faults = {};          ///< by kind
  std::map<std::string, std::uint64_t> marks = {};   ///< hits, by text
  std::vector<std::string> pairs = {};               ///< of state and fault
  std::string repro = {};

  [[nodiscard]] std::string key() const;
};

/// Makes the run; a second time too, if asked, and compares.
[[nodiscard]] RunRecord make_run(const SearchJob& job, bool twice);

/// The failure file of a run that fails: made once more.
[[nodiscard]] FailureFile record_failure(const SearchJob& job);

/// One line of JSON, and back. A damaged line gives none.
[[nodiscard]] std::string record_line(const RunRecord& record);
[[nodiscard]] std::optional<RunRecord> parse_record(std::string_view line);

}  // namespace arbees::sim
