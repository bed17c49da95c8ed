#include "sim/recording/run_recorder.h"

#include "core/base/assert.h"
#include "core/base/build_id.h"
#include "sim/report/output_file.h"
#include "sim/report/report_files.h"
#include "sim/report/text_grid.h"

namespace arbees::sim {
namespace {

EventFileHeader header_of(const Scenario& scenario, const PolicySpec& policy, std::uint64_t seed,
                          const std::string& repro) {
  EventFileHeader header;
  header.clock = FileClock::virtual_time;
  header.program = "arbees-chaos";
  header.build = std::string(build_id());
  header.more = {{"scenario", scenario.name},
                 {"title", scenario.title},
                 {"policy", policy.name},
                 {"seed", std::to_string(seed)},
                 {"repro", repro}};
  return header;
}

EventFile parsed(const std::string& events) {
  std::istringstream in(events);
  auto file = read_event_file(in, "the recording");
  ensure(file.has_value(), "a recording can be read back");
  return std::move(*file);
}

}  // namespace

RunRecorder::RunRecorder(const Scenario& scenario, const PolicySpec& policy, std::uint64_t seed,
                         const std::string& repro)
    : writer_(out_, header_of(scenario, policy, seed, repro)) {}

void RunRecorder::observe(const SimEnvelope& event) {
  writer_.event(event, event.time.time_since_epoch().count());
}

std::string RunRecorder::finish(const RunResult& result) {
  EventFileEnd end;
  end.digest = digest_text(result.digest);
  end.verdict = std::string(to_string(result.verdict));
  for (const Violation& violation : result.violations) {
    end.violations.push_back({std::string(violation.invariant),
                              violation.at.time_since_epoch().count(), violation.text,
                              violation.event});
  }
  for (const ExpectationResult& expectation : result.expectations) {
    if (!expectation.applies) {
      continue;
    }
    const std::string detail = expectation.met ? "" : ": " + expectation.detail;
    end.expectations.push_back({expectation.text + detail, expectation.met ? "pass" : "fail"});
  }
  writer_.end(end);
  return std::move(out_).str();
}

std::expected<std::string, std::string> write_report(const std::filesystem::path& folder,
                                                     const RunResult& result,
                                                     const std::string& events) {
  const std::filesystem::path base =
      folder / (result.scenario + "-" + result.policy + "-" + std::to_string(result.seed));
  const auto made = write_report_files(base, parsed(events));
  if (!made) {
    return std::unexpected(made.error());
  }
  const std::string path = base.string() + ".jsonl";
  if (auto written = write_output(path, events); !written) {
    return std::unexpected(written.error());
  }
  return made->page.string();
}

std::string text_grid_of(const std::string& events, bool colour) {
  std::ostringstream out;
  write_text_grid(out, parsed(events), {.charset = Charset::utf8, .colour = colour, .width = 0});
  return std::move(out).str();
}

}  // namespace arbees::sim
