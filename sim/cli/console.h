#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace arbees::sim {

/// How the program ends. Stable; docs/operations.md and --help name them.
enum class ChaosExit : int {
  ok = 0,              ///< everything held
  failed = 1,          ///< an invariant or an expectation failed
  usage = 2,           ///< a wrong option, or a scenario file that cannot be used
  nondeterminism = 3,  ///< the same run came out differently
  inconclusive = 4,    ///< interrupted before every run was made
  unreadable =
      5,  ///< a recording that cannot be read, or is of a version this program does not know
  not_reproduced = 6,  ///< the recorded failure did not come again
  internal_error = 70  ///< a defect of the program itself
};

/// Where the program writes: results to stdout, progress and complaints to stderr.
class Console {
 public:
  /// Asks the terminal and the environment (NO_COLOR, TERM) what may be written.
  Console();

  void result(std::string_view text) const;
  void complain(std::string_view text) const;
  /// Where the work stands, for whoever waits: on a terminal a line that is overwritten, else one now and
  /// then. Nothing is shown for work that is over at once.
  void progress(std::string_view text);
  /// Removes what `progress` left on the terminal.
  void end_progress();

  [[nodiscard]] bool colour() const { return colour_; }
  /// The text in a colour (an ANSI code such as "32"), if colours may be written.
  [[nodiscard]] std::string painted(std::string_view text, std::string_view code) const;

 private:
  bool colour_;
  bool terminal_;  ///< of stderr
  bool shown_ = false;
  std::int64_t next_progress_ns_ = 0;
};

/// Nanoseconds of the machine's monotonic clock, for figures about the program's own speed.
[[nodiscard]] std::int64_t machine_ns();

}  // namespace arbees::sim
