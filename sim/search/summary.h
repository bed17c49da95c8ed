#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sim/coverage/unseen.h"
#include "sim/search/job.h"

namespace arbees::sim {

/// What a search has shown. The same for the same runs, in whatever order they came.
class Summary {
 public:
  /// One way to fail, and who did.
  struct Failure {
    std::string scenario;
    std::string policy;
    std::string subject;
    std::string kind;
    std::string text;  ///< of the first run
    std::uint64_t runs = 0;
    std::uint64_t first_seed = 0;
    std::string first_key;
    std::string repro;  ///< of the first run
  };
  struct InvariantFigure {
    std::uint64_t runs = 0;  ///< that really exercised it
    std::uint64_t checks = 0;
    std::uint64_t failed_runs = 0;
  };

  void add(const RunRecord& record);

  [[nodiscard]] std::uint64_t runs() const { return runs_; }
  [[nodiscard]] std::uint64_t failed() const { return failed_; }
  [[nodiscard]] std::uint64_t made_twice() const { return twice_; }
  [[nodiscard]] std::uint64_t leaks() const { return leaks_; }
  [[nodiscard]] std::uint64_t events() const { return events_; }
  [[nodiscard]] std::uint64_t sim_ns() const { return sim_ns_; }
  /// One for each scenario, policy, subject and kind, in their order.
  [[nodiscard]] std::vector<Failure> failures() const;
  [[nodiscard]] const std::map<std::string, InvariantFigure>& invariants() const {
    return invariants_;
  }
  [[nodiscard]] const std::map<std::string, RunRecord::Fault>& faults() const { return faults_; }
  [[nodiscard]] const std::map<std::string, std::uint64_t>& marks() const { return marks_; }
  [[nodiscard]] const Sightings& pairs() const { return pairs_; }
  /// (scenario, policy) with the number of its runs.
  [[nodiscard]] const std::map<std::pair<std::string, std::string>, std::uint64_t>& scenarios()
      const {
    return scenarios_;
  }

 private:
  std::uint64_t runs_ = 0;
  std::uint64_t failed_ = 0;
  std::uint64_t twice_ = 0;
  std::uint64_t leaks_ = 0;
  std::uint64_t events_ = 0;
  std::uint64_t sim_ns_ = 0;
  std::map<std::string, Failure> failures_;
  std::map<std::string, InvariantFigure> invariants_;
  std::map<std::string, RunRecord::Fault> faults_;
  std::map<std::string, std::uint64_t> marks_;
  std::map<std::pair<std::string, std::string>, std::uint64_t> scenarios_;
  Sightings pairs_;
};

/// The marks of the program that no run has hit, by text.
[[nodiscard]] std::vector<std::string> marks_never_hit(const Summary& summary, bool rare);
/// The kinds of fault that no run has had.
[[nodiscard]] std::vector<std::string> faults_never_fired(const Summary& summary);

}  // namespace arbees::sim
