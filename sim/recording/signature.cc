#include "sim/recording/signature.h"

#include <algorithm>

namespace arbees::sim {
namespace {

bool has_digit(std::string_view word) {
  return std::ranges::any_of(word, [](char c) { return c >= '0' && c <= '9'; });
}

constexpr std::string_view not_violated = "not violated, though the policy is said to violate it";

}  // namespace

std::string kind_of(std::string_view sentence) {
  std::string kind;
  while (!sentence.empty()) {
    const std::size_t space = std::min(sentence.find(' '), sentence.size());
    const std::string_view word = sentence.substr(0, space);
    if (!word.empty() && !has_digit(word)) {
      kind.append(kind.empty() ? "" : " ").append(word);
    }
    sentence.remove_prefix(std::min(space + 1, sentence.size()));
  }
  return kind;
}

std::vector<Failing> failings(const RunResult& result) {
  std::vector<Failing> all;
  const auto unexpected = [&](std::string_view id) {
    const auto found = std::ranges::find(result.invariants, id, &InvariantResult::id);
    return found != result.invariants.end() && !found->as_expected;
  };
  for (const Violation& violation : result.violations) {
    if (unexpected(violation.invariant)) {
      all.push_back({.subject = std::string(violation.invariant),
                     .kind = kind_of(violation.text),
                     .text = violation.text,
                     .at = violation.at,
                     .event = violation.event});
    }
  }
  for (const InvariantResult& invariant : result.invariants) {
    if (!invariant.as_expected && invariant.violations == 0) {
      all.push_back({.subject = invariant.id,
                     .kind = std::string(not_violated),
                     .text = std::string(not_violated),
                     .at = {},
                     .event = {}});
    }
  }
  for (const ExpectationResult& expectation : result.expectations) {
    if (!expectation.met) {
      all.push_back({.subject = expectation.text,
                     .kind = kind_of(expectation.detail),
                     .text = expectation.detail,
                     .at = {},
                     .event = {}});
    }
  }
  return all;
}

bool fails_as(const RunResult& result, const Failing& failing) {
  const std::vector<Failing> all = failings(result);
  return std::ranges::any_of(all, [&](const Failing& one) { return one.same_defect(failing); });
}

}  // namespace arbees::sim
