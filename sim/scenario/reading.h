#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/scenario/scenario.h"
#include "sim/scenario/shape.h"

// How a scenario file that has the right shape is understood. The parts of the reader fill in values and
// note the first thing that is wrong; what they return after that is never used.

namespace arbees::sim {

/// A value and where it is in the file.
struct Located {
  const Value* value;
  std::string pointer;

  [[nodiscard]] Located at(std::string_view key) const {
    return {value->find(key), pointer_to(pointer, key)};
  }
  [[nodiscard]] Located at(std::size_t index) const {
    return {&value->items[index], pointer_to(pointer, index)};
  }
  explicit operator bool() const { return value != nullptr; }
  const Value* operator->() const { return value; }
};

/// The first problem of a file.
class Problems {
 public:
  void add(const Located& where, std::string text) {
    if (!first_) {
      first_ = FileProblem{where->place, where.pointer, std::move(text)};
    }
  }
  [[nodiscard]] const std::optional<FileProblem>& first() const { return first_; }

 private:
  std::optional<FileProblem> first_;
};

/// What `value` says, which has passed the check of its shape.
[[nodiscard]] Duration checked_span(const Value& value);
[[nodiscard]] std::uint64_t checked_count(const Value& value);
/// The names a file may use where it means a node.
[[nodiscard]] std::vector<std::string> node_words(const Scenario& scenario);
/// The nodes that one name or a list of names means; groups are spelled out.
[[nodiscard]] std::vector<std::string> read_nodes(const Located& located, const Scenario& scenario,
                                                  Problems& problems);
[[nodiscard]] DurationRange read_between(const Located& located, Problems& problems);
[[nodiscard]] DrawnSpan read_drawn(const Located& located, const Scenario& scenario,
                                   Problems& problems);

[[nodiscard]] FaultSpec read_fault(const Located& located, const Scenario& scenario,
                                   Problems& problems);
[[nodiscard]] ScenarioOrder read_order(const Located& located, const Scenario& scenario,
                                       Problems& problems);
/// One expectation for each node it counts for.
void read_expectations(const Located& list, const Scenario& scenario, Problems& problems,
                       std::vector<Expectation>& into);
/// Reads the settings of a policy into it: those of its file, the scenario's, the policy's, the shard's.
void read_policy_settings(const Located& file, const Located& policy, const SettingSource& base,
                          const Scenario& scenario, Problems& problems, PolicySpec& into);

/// The settings of a file of settings that has the right shape.
[[nodiscard]] std::expected<SettingSource, FileProblem> settings_of_policy_file(
    const Value& document);

}  // namespace arbees::sim
