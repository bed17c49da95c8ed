#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/ids.h"
#include "sim/engine/time.h"
#include "sim/invariants/listener.h"

namespace arbees::sim {

enum class InvariantStatus : std::uint8_t {
  holds,
  violated,
  not_exercised  ///< nothing happened that could have violated it: says nothing about the core
};

[[nodiscard]] std::string_view to_string(InvariantStatus status);

struct Violation {
  std::string_view invariant;  ///< "I1"
  SimTime at;                  ///< when it was certain
  EventId
      event;  ///< the event that shows it; for what did not happen in time, the one that began the wait
  std::string text;  ///< one sentence
};

/// Something that holds always: a passive checker that also counts how often it was really exercised,
/// because one that is never tried proves nothing.
///
/// A violation of what must happen within a bound is found when the bound has passed; what a run leaves
/// open at its end is not judged.
class Invariant : public Listener {
 public:
  /// More violations than this are counted, not kept: a broken core violates on every signal.
  static constexpr std::size_t violations_kept = 20;

  [[nodiscard]] std::string_view id() const { return id_; }
  [[nodiscard]] std::string_view sentence() const { return sentence_; }
  [[nodiscard]] InvariantStatus status() const;
  /// The first ones, in order of time.
  [[nodiscard]] const std::vector<Violation>& violations() const { return violations_; }
  [[nodiscard]] std::uint64_t violation_count() const { return violation_count_; }
  /// How often something happened that could have violated it, and was judged; violations included.
  [[nodiscard]] std::uint64_t checks() const { return checks_; }

 protected:
  /// Both texts must be static.
  Invariant(std::string_view id, std::string_view sentence) : id_(id), sentence_(sentence) {}

  void checked() { ++checks_; }
  void violated(SimTime at, EventId event, std::string text);

 private:
  std::string_view id_;
  std::string_view sentence_;
  std::uint64_t checks_ = 0;
  std::uint64_t violation_count_ = 0;
  std::vector<Violation> violations_;
};

}  // namespace arbees::sim
