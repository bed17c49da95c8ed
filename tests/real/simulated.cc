#include "tests/real/simulated.h"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

#include "sim/recording/run_recorder.h"
#include "sim/runner/run.h"
#include "sim/scenario/library.h"

namespace arbees::real {
namespace {

sim::LoadedScenario load(const std::string& name) {
  const sim::ScenarioLibrary library(std::filesystem::path(ARBEES_SOURCE_DIR) / "scenarios");
  auto loaded = library.load(name);
  if (!loaded) {
    throw std::runtime_error(loaded.error());
  }
  return *std::move(loaded);
}

/// The settings as they are written: the same text then goes to real processes.
std::map<std::string, std::string> settings_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  constexpr bool comments = true;
  const auto document = nlohmann::json::parse(in, nullptr, true, comments);
  std::map<std::string, std::string> settings;
  for (const auto& [name, value] : document.at("settings").items()) {
    settings[name] = value.is_string() ? value.get<std::string>() : value.dump();
  }
  return settings;
}

}  // namespace

Incident load_incident(const std::string& name) {
  const sim::LoadedScenario loaded = load(name);
  Incident incident{name, settings_of(loaded.file), {}, {}};
  for (const ShardId& shard : loaded.scenario.shards) {
    incident.shards.push_back(shard.str());
  }
  for (const sim::ScenarioGame& game : loaded.scenario.games) {
    incident.games.push_back(game.game.id.str());
  }
  return incident;
}

sim::EventFile simulate(const Incident& incident, std::uint64_t seed) {
  const sim::Scenario scenario = load(incident.name).scenario;
  const sim::PolicySpec& policy = *scenario.policy(sim::hardened_policy);
  sim::RunRecorder recorder(scenario, policy, seed, "");
  const sim::RunResult result = sim::run_scenario(
      {.scenario = scenario, .policy = policy, .seed = seed, .recorder = &recorder});
  if (result.verdict != sim::Verdict::pass) {
    throw std::runtime_error(incident.name + " fails in the simulator with seed " +
                             std::to_string(seed) + "; arbees-chaos run shows why");
  }
  std::istringstream text(recorder.finish(result));
  auto events = sim::read_event_file(text, incident.name);
  if (!events) {
    throw std::runtime_error(events.error());
  }
  return *std::move(events);
}

}  // namespace arbees::real
