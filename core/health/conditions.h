#pragma once

#include <map>
#include <optional>
#include <string>

#include "core/base/time.h"
#include "core/health/checks.h"
#include "core/health/status.h"

namespace arbees {

/// What is wrong with one sender of heartbeats, and since when: its findings, freed of what comes and
/// goes within `settle`.
///
/// A condition begins with the first beat that has it, is established by a beat that has it at least
/// `settle` later, and ends when it was absent for as long. So one bad beat among good ones means
/// nothing, and neither does one good beat among bad ones: a check that fails every other time is
/// established and stays so.
class Conditions {
 public:
  explicit Conditions(Duration settle) : settle_(settle) {}

  /// Takes in what a beat found. True if something was established or ended by it.
  bool observe(const Findings& findings, MonoTime now);
  /// Nothing is known any more: whoever says how it stands is gone.
  void clear() { known_.clear(); }

  /// Of what is established: healthy if nothing is.
  [[nodiscard]] Status worst() const;
  [[nodiscard]] Findings established() const;
  [[nodiscard]] bool holds(const std::string& name) const;
  /// For how long the beats have shown an established condition, in the time from `after` on; nothing for
  /// any other.
  [[nodiscard]] std::optional<Duration> shown_for(const std::string& name,
                                                  MonoTime after = MonoTime{}) const;

 private:
  struct Condition {
    Status grade;
    MonoTime since;
    MonoTime last_shown;
    std::optional<MonoTime> absent_since = {};
    bool established = false;
  };

  Duration settle_;
  std::map<std::string, Condition> known_;
};

/// Why a beat changed the status of its sender, for people.
[[nodiscard]] std::string reason_of(const StatusChange& change, const Conditions& conditions);

}  // namespace arbees
