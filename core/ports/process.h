#pragma once

#include <string_view>

namespace arbees {

/// How a program ends; stable, documented in docs/operations.md.
enum class ExitCode : int {
  ok = 0,
  usage = 2,
  internal_error = 70,  ///< EX_SOFTWARE: an assertion failed
  superseded = 75       ///< EX_TEMPFAIL: another incarnation took this one's place
};

/// The process the core runs in.
class Process {
 public:
  virtual ~Process() = default;
  /// Ends the process after the current step; further steps do not come.
  virtual void exit(ExitCode code, std::string_view why) = 0;
};

/// A whole program of the core, as its host drives it: one call is one step.
class Program {
 public:
  virtual ~Program() = default;
  virtual void start() = 0;
  /// SIGTERM or SIGINT: end in order, then call `Process::exit`.
  virtual void terminate() = 0;
};

}  // namespace arbees
