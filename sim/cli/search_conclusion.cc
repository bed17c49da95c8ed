#include "sim/cli/search_conclusion.h"

#include <algorithm>
#include <vector>

namespace arbees::sim {

ChaosExit conclude_search(const FinishedSearch& finished, bool json, bool expected_end,
                          Console& console) {
  console.result(json ? search_json(finished) : search_text(finished));
  const std::vector<Summary::Failure> failures = finished.outcome.summary.failures();
  const auto leak = std::ranges::find(failures, "I10", &Summary::Failure::subject);
  if (leak != failures.end()) {
    const std::string repro = leak->text + "\n" + leak->repro + " --verify\n";
    json ? console.complain(repro) : console.result(repro);
    return ChaosExit::nondeterminism;
  }
  if (!failures.empty()) {
    json ? console.complain(failures.front().repro + "\n")
         : console.result(failures.front().repro + "\n");
    return ChaosExit::failed;
  }
  return expected_end ? ChaosExit::ok : ChaosExit::inconclusive;
}

}  // namespace arbees::sim
