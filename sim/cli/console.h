#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace arbees::sim {

/// How the program ends. Stable; docs/operations.md and --help name them.
enum class ChaosExit : int {
  ok = 0,      ///< everything held
  failed = 1,  ///< an invariant or an expectation failed
  usage =
      2,  ///< a wrong option, a scenario file that cannot be used, an output that cannot be written
  nondeterminism = 3,  ///< the same run came out differently
  inconclusive = 4,    ///< ended before every run was made
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

  /// Both first remove what `progress` left on the terminal.
  void result(std::string_view text);
  void complain(std::string_view text);
  /// Where the work stands, for whoever waits: on a terminal a line that is overwritten, else one now and
  /// then. Nothing is shown for work that is over at once.
  void progress(std::string_view text);
  /// False: a result did not reach stdout (a full disk, say).
  [[nodiscard]] bool all_written() const { return all_written_; }

  [[nodiscard]] bool colour() const { return colour_; }
  /// The text in a colour (an ANSI code such as "32"), if colours may be written.
  [[nodiscard]] std::string painted(std::string_view text, std::string_view code) const;

 private:
  void end_progress();

  bool colour_;
  bool terminal_;  ///< of stderr
  bool shown_ = false;
  bool all_written_ = true;
  std::int64_t next_progress_ns_ = 0;
};
/// Says what is wrong, behind the program's name, and gives the exit code back.
ChaosExit complain(const std::string& text, Console& console, ChaosExit code = ChaosExit::usage);

}  // namespace arbees::sim
