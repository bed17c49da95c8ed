#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <ostream>
#include <string>

#include "tests/conformance/sessions.h"

namespace arbees::testing {

/// How often each command was tried in each state, and what came of it.
class Coverage {
 public:
  struct Outcome {
    bool refused = false;  ///< answered with an error
    bool pushed = false;   ///< somebody was sent a message because of it
  };
  void count(const std::string& command, ClientState state, Outcome outcome);

  [[nodiscard]] std::uint64_t commands() const { return commands_; }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }
  [[nodiscard]] std::uint64_t pushing() const { return pushing_; }
  [[nodiscard]] std::uint64_t tried(const std::string& command, ClientState state) const;

  /// The table of commands and states, and the sums.
  friend std::ostream& operator<<(std::ostream& out, const Coverage& coverage);

 private:
  std::map<std::string, std::array<std::uint64_t, state_names.size()>> tried_;
  std::uint64_t commands_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t pushing_ = 0;
};

/// The name by which the model's table knows what was asked for, e.g. "client|setname";
/// "(unknown)" if it does not.
[[nodiscard]] std::string name_in_table(const TypedCommand& command);
/// Every command and subcommand that is tried: all but those that start or stop replication.
[[nodiscard]] std::vector<std::string> names_in_table();

}  // namespace arbees::testing
