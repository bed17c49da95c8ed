#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "core/ports/ports.h"
#include "core/settings/settings.h"

namespace arbees::prod {

struct HostOptions {
  std::string program;        ///< as the event file and `process_started` name it
  NodeName node;              ///< this process in the fleet's timeline
  std::string events_file{};  ///< empty: none
  Severity log_level = Severity::info;
  std::string alerts_file{};  ///< empty: none
  std::string store_file{};   ///< empty: what the program keeps ends with it
};

/// A process of production: every port on this machine, and the life of the program that uses them.
class Host {
 public:
  /// Records `process_started`. The error is for people: what cannot be had, and what to do.
  [[nodiscard]] static std::expected<std::unique_ptr<Host>, std::string> create(
      const HostOptions& options);
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  [[nodiscard]] Ports& ports();
  /// Starts the program, and asks it to end on the first SIGTERM or SIGINT. Returns the exit code of the
  /// process once the program has called `Process::exit`. `program` must outlive the call, not the host.
  [[nodiscard]] int run(Program& program);

 private:
  class Parts;
  explicit Host(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

/// Ends the process without the destructors of anything: the system's name resolution cannot be
/// interrupted, and waiting for the thread that hangs in it would hold up the end for its whole timeout.
/// Everything that must be kept is with the system already.
[[noreturn]] void leave(int code);

}  // namespace arbees::prod
