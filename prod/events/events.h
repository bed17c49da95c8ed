#pragma once

#include <string>

#include "core/events/event.h"

namespace arbees::prod {

struct ProcessStarted {
  static constexpr std::string_view name = "process_started";
  static constexpr Severity severity = Severity::info;
  std::string program;
  std::string version;  ///< the build id
  std::uint64_t pid;
  std::uint64_t entropy_seed;  ///< all draws of the process follow from it

  void visit(FieldVisitor& v) const {
    v("program", program), v("version", version), v("pid", pid), v("entropy_seed", entropy_seed);
  }
};

/// The process was asked to end (SIGTERM, SIGINT) and asks its program to.
struct TerminationAsked {
  static constexpr std::string_view name = "termination_asked";
  static constexpr Severity severity = Severity::info;
  std::string signal;

  void visit(FieldVisitor& v) const { v("signal", signal); }
};

struct ProcessEnding {
  static constexpr std::string_view name = "process_ending";
  static constexpr Severity severity = Severity::info;
  std::uint64_t code;  ///< the exit code
  std::string why;

  void visit(FieldVisitor& v) const { v("code", code), v("why", why); }
};

/// Trading signals of this process are recorded and go nowhere else.
struct SignalsNotSent {
  static constexpr std::string_view name = "signals_not_sent";
  static constexpr Severity severity = Severity::warning;
  std::string why;

  void visit(FieldVisitor& v) const { v("why", why); }
};

/// The games file was read and taken.
struct GamesFileRead {
  static constexpr std::string_view name = "games_file_read";
  static constexpr Severity severity = Severity::info;
  std::string file;
  std::uint64_t games;

  void visit(FieldVisitor& v) const { v("file", file), v("games", games); }
};

/// The games file cannot be used as it is now; the games known before stay.
struct GamesFileRefused {
  static constexpr std::string_view name = "games_file_refused";
  static constexpr Severity severity = Severity::warning;
  std::string file;
  std::string problem;

  void visit(FieldVisitor& v) const { v("file", file), v("problem", problem); }
};

}  // namespace arbees::prod
