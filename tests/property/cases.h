#pragma once

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstdint>
#include <sstream>
#include <utility>

namespace arbees::testing {

/// From what all cases of this program are generated: ARBEES_PROPERTY_SEED (a number or a commit), else the commit
/// that is checked out, so that each commit tries other cases and anybody can try them again; else 1. Says
/// which it is, once.
[[nodiscard]] std::uint64_t cases_seed();

/// Tries a property with so many generated cases. Where `shrinks` is false, the property itself makes a
/// failing case small.
template <class Property>
void holds_for(int cases, Property&& property, bool shrinks = true) {
  // The parameters of a single property have no other name in rapidcheck; its own gtest.h uses these.
  rc::detail::TestParams params = rc::detail::configuration().testParams;
  params.seed = cases_seed();
  params.maxSuccess = cases;
  params.disableShrinking = !shrinks;
  const auto result = rc::detail::checkTestable(std::forward<Property>(property),
                                                rc::detail::TestMetadata(), params);
  if (!result.template is<rc::detail::SuccessResult>()) {
    std::ostringstream text;
    rc::detail::printResultMessage(result, text);
    ADD_FAILURE() << text.str() << "\nThe same cases again: ARBEES_PROPERTY_SEED=" << params.seed;
  }
}

}  // namespace arbees::testing
