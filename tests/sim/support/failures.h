#pragma once

#include <string>

#include "sim/runner/run.h"

namespace arbees::sim {

/// What went wrong in a run, in words; empty: nothing.
[[nodiscard]] inline std::string failures(const RunResult& result) {
  std::string text;
  for (const InvariantResult& invariant : result.invariants) {
    text += invariant.as_expected ? "" : invariant.id + ": " + invariant.first_violation + "\n";
  }
  for (const ExpectationResult& expectation : result.expectations) {
    text += expectation.met ? "" : expectation.text + ": " + expectation.detail + "\n";
  }
  return text;
}

}  // namespace arbees::sim
