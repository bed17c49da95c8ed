#pragma once

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "sim/invariants/registry.h"
#include "tests/support/stream_builder.h"

namespace arbees::sim {

/// All invariants, a stream of events for them, and what each of them makes of it.
class InvariantsFixture : public ::testing::Test {
 protected:
  explicit InvariantsFixture(Limits limits) : limits_(std::move(limits)) {}

  const Invariant& of(std::string_view id) const {
    for (const auto& invariant : set_.invariants()) {
      if (invariant->id() == id) {
        return *invariant;
      }
    }
    throw std::out_of_range(std::string(id));
  }
  InvariantStatus status(std::string_view id) const { return of(id).status(); }
  std::string first_text(std::string_view id) const {
    return of(id).violations().empty() ? "(none)" : of(id).violations().front().text;
  }

  const Limits limits_;
  InvariantSet set_{limits_};
  StreamBuilder stream_{set_};
};

/// On a fleet of three shards.
class Invariants : public InvariantsFixture {
 protected:
  Invariants() : InvariantsFixture(limits_of_shards({"A", "B", "C"})) {}
};

}  // namespace arbees::sim
