#include "sim/cli/shrink_command.h"

#include <filesystem>
#include <fstream>

#include "sim/cli/run_source.h"
#include "sim/json/json_writer.h"
#include "sim/shrink/shrinker.h"

namespace arbees::sim {
namespace {

std::string summary(const Shrunk& shrunk, const std::string& output) {
  std::string text = shrunk.failure.subject + ": " + shrunk.failure.text + "\n";
  text += std::to_string(shrunk.faults.size()) + " of " + std::to_string(shrunk.faults_before) +
          " faults are necessary, found in " + std::to_string(shrunk.runs) + " runs:\n";
  for (const std::string& fault : shrunk.faults) {
    text += "  " + fault + "\n";
  }
  text += "fails with " + std::to_string(shrunk.seeds_failed) + " of seeds 1.." +
          std::to_string(shrunk.seeds_tried) + "; written to " + output + "\n";
  return text;
}

std::string repro(const Shrunk& shrunk, const std::string& policy, const std::string& output) {
  const bool path = output.find('/') != std::string::npos;
  return "arbees-chaos run " + (path ? output : "./" + output) + " --policy " + policy +
         " --seed " + std::to_string(shrunk.seed);
}

std::string summary_json(const Shrunk& shrunk, const std::string& output,
                         const std::string& command) {
  JsonWriter out;
  out.open_object();
  out.member("schema_version", 1);
  out.member("scenario", output);
  out.member("subject", shrunk.failure.subject);
  out.member("text", shrunk.failure.text);
  out.raw_member("complete", shrunk.complete ? "true" : "false");
  out.member("faults_before", shrunk.faults_before);
  out.key("necessary_faults");
  out.open_list();
  for (const std::string& fault : shrunk.faults) {
    out.item();
    out.raw(fault);
  }
  out.close();
  out.member("runs", shrunk.runs);
  out.member("seed", std::to_string(shrunk.seed));
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
    console.complain("arbees-chaos: " + opened.error().text + "\n");
    return opened.error().code;
  }
  if (!options.output.ends_with(".json")) {
    console.complain("arbees-chaos: -o: " + in_quotes(options.output) +
                     " is no scenario file; expected a path that ends in .json\n");
    return ChaosExit::usage;
  }
  const std::int64_t deadline = options.budget ? machine_ns() + options.budget->count() : INT64_MAX;
  ShrinkOptions shrinking{.name = std::filesystem::path(options.output).stem().string()};
  shrinking.stop = [&] { return interrupted() || machine_ns() >= deadline; };
  shrinking.progress = [&](std::size_t runs, std::size_t faults) {
    console.progress(std::to_string(runs) + " runs, " + std::to_string(faults) + " faults left");
  };
  const auto shrunk = shrink(*opened, shrinking);
  console.end_progress();
  if (!shrunk) {
    console.complain("arbees-chaos: the failure did not come again: " +
                     opened->file.failure.subject + ": " + opened->file.failure.text + "\n");
    console.result("arbees-chaos replay " + options.file + "\n");
    return ChaosExit::not_reproduced;
  }
  std::ofstream out(options.output, std::ios::binary);
  out << shrunk->text;
  out.close();
  if (!out) {
    console.complain("arbees-chaos: " + options.output +
                     ": cannot be written; is there space, and may this user write there?\n");
    return ChaosExit::usage;
  }
  const std::string command = repro(*shrunk, opened->file.policy, options.output);
  console.result(options.json ? summary_json(*shrunk, options.output, command)
                              : summary(*shrunk, options.output) + command + "\n");
  return shrunk->complete ? ChaosExit::ok : ChaosExit::inconclusive;
}

}  // namespace arbees::sim
