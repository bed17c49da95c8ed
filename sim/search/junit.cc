#include "sim/search/junit.h"

#include <algorithm>

#include "sim/invariants/registry.h"

namespace arbees::sim {
namespace {

/// Text for XML 1.0, where most control characters cannot be written at all.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\n': out += "&#10;"; break;
      default: out += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
    }
  }
  return out;
}

void append_case(std::string& out, const std::string& suite, std::string_view name,
                 const std::vector<Summary::Failure>& failures) {
  out += "    <testcase classname=\"" + escaped(suite) + "\" name=\"" + escaped(name) + "\"";
  if (failures.empty()) {
    out += "/>\n";
    return;
  }
  out += ">\n";
  for (const Summary::Failure& failure : failures) {
    out += "      <failure message=\"" + escaped(failure.subject + ": " + failure.text) +
           "\">seed " + std::to_string(failure.first_seed) + ", " + std::to_string(failure.runs) +
           " runs&#10;" + escaped(failure.repro) + "</failure>\n";
  }
  out += "    </testcase>\n";
}

}  // namespace

std::string junit_xml(const Summary& summary) {
  std::string cases;
  std::size_t count = 0;
  std::size_t failed = 0;
  const std::vector<Summary::Failure> all = summary.failures();
  for (const auto& [key, runs] : summary.scenarios()) {
    const auto& [scenario, policy] = key;
    std::vector<Summary::Failure> others;
    std::vector<std::pair<std::string, std::vector<Summary::Failure>>> by_invariant;
    for (const InvariantRow& row : invariant_rows()) {
      by_invariant.emplace_back(row.id, std::vector<Summary::Failure>());
    }
    for (const Summary::Failure& failure : all) {
      if (failure.scenario != scenario || failure.policy != policy) {
        continue;
      }
      const auto found = std::ranges::find(by_invariant, failure.subject,
                                           [](const auto& one) { return one.first; });
      (found == by_invariant.end() ? others : found->second).push_back(failure);
    }
    by_invariant.emplace_back("expectations", std::move(others));
    for (const auto& [name, failures] : by_invariant) {
      append_case(cases, scenario + "." + policy, name, failures);
      ++count;
      failed += failures.empty() ? 0 : 1;
    }
  }
  const std::string figures =
      " tests=\"" + std::to_string(count) + "\" failures=\"" + std::to_string(failed) + "\"";
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites" + figures +
         ">\n  <testsuite name=\"arbees-chaos search\"" + figures + ">\n" + cases +
         "  </testsuite>\n</testsuites>\n";
}

}  // namespace arbees::sim
