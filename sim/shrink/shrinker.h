#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/recording/failure_file.h"
#include "sim/scenario/document.h"

namespace arbees::sim {

/// The smallest story that was found for a failure.
struct Shrunk {
  std::string name;  ///< of the scenario, and of its file
  std::string text;  ///< a scenario file
  std::uint64_t seed = 1;
  Failing failure;                  ///< as the shrunk scenario shows it
  std::vector<std::string> faults;  ///< each is necessary: without it, the failure is gone
  std::size_t faults_before = 0;
  std::size_t runs = 0;       ///< made on the way
  unsigned seeds_tried = 0;   ///< with how many seeds the result was tried,
  unsigned seeds_failed = 0;  ///< and with how many it fails
  bool complete = true;       ///< false: stopped before nothing could be left out any more
};

struct ShrinkOptions {
  std::string name;                          ///< of the scenario to be made
  std::string path = "./" + name + ".json";  ///< of its file, as a command names it
  std::function<bool()> stop = [] { return false; };
  std::function<void(std::size_t runs, std::size_t faults)> progress = [](std::size_t,
                                                                          std::size_t) {};
};

/// Makes the failure smaller while it stays the same defect (`Failing::same_defect`): first fewer episodes
/// of faults, each with its start and healing; then fewer games, shards and settings, a shorter run, rounder
/// times. None: the failure does not come again.
[[nodiscard]] std::optional<Shrunk> shrink(const OpenedFailure& failure,
                                           const ShrinkOptions& options);

/// A scenario under way to a smaller one, and the question whether a candidate still fails in that way.
class ShrinkState {
 public:
  ShrinkState(Value document, PolicyFiles policies, std::string policy, std::uint64_t seed,
              Failing failure, const ShrinkOptions& options);

  /// Takes over the candidate if it is a valid scenario that fails in the same way.
  bool accept(const Value& candidate);
  [[nodiscard]] bool fails(const Value& candidate);
  /// With another seed; true: that is the seed from now on.
  bool accept_seed(std::uint64_t seed);
  [[nodiscard]] bool fails_with_seed(std::uint64_t seed);
  [[nodiscard]] bool stopped() const { return options_.stop(); }

  [[nodiscard]] const Value& document() const { return document_; }
  [[nodiscard]] const std::string& policy() const { return policy_; }
  [[nodiscard]] std::uint64_t seed() const { return seed_; }
  /// As the document shows it now.
  [[nodiscard]] const Failing& failure() const { return failure_; }
  [[nodiscard]] const ResolvedSchedule& schedule() const { return schedule_; }
  [[nodiscard]] std::size_t runs() const { return runs_; }

 private:
  struct Outcome {
    Failing failure;
    ResolvedSchedule schedule;
  };
  std::optional<Outcome> outcome(const Value& candidate, std::uint64_t seed);

  Value document_;
  PolicyFiles policies_;
  std::string policy_;
  std::uint64_t seed_;
  Failing failure_;
  ResolvedSchedule schedule_;
  const ShrinkOptions& options_;
  std::map<std::string, bool> known_;  ///< candidates that were tried, by their text
  std::size_t runs_ = 0;
};

}  // namespace arbees::sim
