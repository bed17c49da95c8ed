#include "sim/cli/shrink_command.h"

#include <filesystem>

#include "sim/cli/run_source.h"
#include "sim/json/json_writer.h"
#include "sim/report/output_file.h"
#include "sim/search/machine_clock.h"
#include "sim/shrink/shrinker.h"

namespace arbees::sim {
namespace {

std::string summary(const Shrunk& shrunk, const std::string& output) {
  std::string text = shrunk.failure.subject + ": " + shrunk.failure.text + "\n";
  text += std::to_string(shrunk.faults.size()) + " of " + std::to_string(shrunk.faults_before) +
          " faults are " + (shrunk.complete ? "necessary" : "left") + ", found in " +
          std::to_string(shrunk.runs) + " runs:\n";
  for (const std::string& fault : shrunk.faults) {
    text += "  " + fault + "\n";
  }
  if (shrunk.seeds_tried > 0) {
    text += "fails with " + std::to_string(shrunk.seeds_failed) + " of seeds 1.." +
            std::to_string(shrunk.seeds_tried) + "; ";
  }
  return text + "written to " + output + "\n";
}

/// As `run` takes it for a path.
std::string path_of(const std::string& output) {
  return shell_word(output.find('/') == std::string::npos ? "./" + output : output);
}

std::string repro(const Shrunk& shrunk, const std::string& policy, const std::string& output) {
  return "arbees-chaos run " + path_of(output) + " --policy " + policy + " --seed " +
         std::to_string(shrunk.seed);
}

std::string summary_json(const Shrunk& shrunk, const std::string& output,
                         const std::string& command) {
  JsonWriter out;
  out.open_object();
  out.member("schema_version", 1);
  out.member("scenario", output);
  out.member("subject", shrunk.failure.subject);
  out.member("text", shrunk.failure.text);
  out.flag("complete", shrunk.complete);
  out.member("faults_before", shrunk.faults_before);
  out.key("necessary_faults");
  out.open_list();
  for (const std::string& fault : shrunk.faults) {
    out.item();
    out.raw(fault);
  }
  out.close();
  out.member("runs", shrunk.runs);
  out.seed(shrunk.seed);
  out.member("seeds_tried", shrunk.seeds_tried);
  out.member("seeds_failed", shrunk.seeds_failed);
  out.member("repro", command);
  out.close();
  return out.take();
}

}  // namespace

ChaosExit shrink_command(const ShrinkCommandOptions& options, Console& console,
                         const std::function<bool()>& interrupted) {
  const auto opened = open_failure_file(options.file);
  if (!opened) {
    return complain(opened.error().text, console, opened.error().code);
  }
  if (!options.output.ends_with(".json")) {
    console.complain("arbees-chaos: -o: " + in_quotes(options.output) +
                     " is no scenario file; expected a path that ends in .json\n");
    return ChaosExit::usage;
  }
  if (auto good = try_output(options.output); !good) {
    return complain(good.error(), console);
  }
  const std::int64_t deadline = options.budget ? machine_ns() + options.budget->count() : INT64_MAX;
  ShrinkOptions shrinking{.name = std::filesystem::path(options.output).stem().string(),
                          .path = path_of(options.output)};
  shrinking.stop = [&] { return interrupted() || machine_ns() >= deadline; };
  shrinking.progress = [&](std::size_t runs, std::size_t faults) {
    console.progress(std::to_string(runs) + " runs, " + std::to_string(faults) + " faults left");
  };
  const auto shrunk = shrink(*opened, shrinking);
  if (!shrunk) {
    console.complain("arbees-chaos: the failure did not come again: " +
                     opened->file.failure.subject + ": " + opened->file.failure.text + "\n");
    console.result("arbees-chaos replay " + options.file + "\n");
    return ChaosExit::not_reproduced;
  }
  if (auto written = write_output(options.output, shrunk->text); !written) {
    console.complain("arbees-chaos: " + written.error() + "\n");
    console.result(shrunk->text);  // It took its time; whoever called may still keep it.
    return ChaosExit::usage;
  }
  if (!shrunk->complete) {
    console.complain("arbees-chaos: stopped before it was minimal\n");
  }
  const std::string command = repro(*shrunk, opened->file.policy, options.output);
  console.result(options.json ? summary_json(*shrunk, options.output, command)
                              : summary(*shrunk, options.output) + command + "\n");
  return shrunk->complete ? ChaosExit::ok : ChaosExit::inconclusive;
}

}  // namespace arbees::sim
