#include <algorithm>

#include "core/settings/nearest_word.h"
#include "sim/scenario/reading.h"

namespace arbees::sim {
namespace {

/// Set by the simulator for each program.
constexpr std::string_view reserved[] = {"REDIS_URL", "SHARD_ID"};

std::string value_text(const Value& value) {
  return value.kind == Value::Kind::flag ? (value.flag ? "true" : "false") : value.text;
}

void check_names(const Located& map, Problems& problems) {
  for (const Value::Member& member : map->members) {
    if (const auto problem = unknown_setting(member.key)) {
      problems.add(map.at(member.key), problem->text);
    }
    if (std::ranges::find(reserved, member.key) != std::end(reserved)) {
      problems.add(map.at(member.key),
                   "the simulator itself sets " + member.key + "; leave it out");
    }
  }
}

/// Where a scenario's settings come from, the later ones winning.
class Sources {
 public:
  Sources(const SettingSource& base, Problems& problems) : problems_(problems) {
    sources_.push_back(base);
  }

  void add(const Located& map, std::string origin) {
    if (!map) {
      return;
    }
    check_names(map, problems_);
    SettingSource source{std::move(origin), {}};
    for (const Value::Member& member : map->members) {
      source.values[member.key] = value_text(member.value);
    }
    sources_.push_back(std::move(source));
    maps_.push_back(map);
  }

  /// The problem at the place where the file gives the value, else at `otherwise`.
  void report(const SettingProblem& problem, const Located& otherwise) {
    for (auto map = maps_.rbegin(); map != maps_.rend(); ++map) {
      if (const Located place = map->at(problem.variable)) {
        problems_.add(place, problem.text);
        return;
      }
    }
    problems_.add(otherwise, problem.text);
  }

  [[nodiscard]] std::span<const SettingSource> all() const { return sources_; }

 private:
  Problems& problems_;
  std::vector<SettingSource> sources_;
  std::vector<Located> maps_;
};

/// Notes errors; keeps each warning once.
void sort_out(const std::vector<SettingProblem>& found, Sources& sources, const Located& policy,
              std::vector<SettingProblem>& warnings) {
  for (const SettingProblem& problem : found) {
    if (problem.severity == SettingProblem::Severity::error) {
      sources.report(problem, policy);
    } else if (std::ranges::find(warnings, problem.text, &SettingProblem::text) == warnings.end()) {
      warnings.push_back(problem);
    }
  }
}

}  // namespace

void read_policy_settings(const Located& file, const Located& policy, const SettingSource& base,
                          const Scenario& scenario, Problems& problems, PolicySpec& into) {
  Sources common(base, problems);
  common.add(file.at("settings"), "scenario");
  common.add(policy.at("settings"), "scenario, policy " + into.name);
  auto orchestrator = read_orchestrator_settings(common.all());
  sort_out(orchestrator.problems, common, policy, into.warnings);
  into.orchestrator = std::move(orchestrator.settings);

  const Located by_shard = file.at("shard_settings");
  if (by_shard) {
    std::vector<std::string> words;
    for (const ShardId& shard : scenario.shards) {
      words.push_back(shard.str());
    }
    for (const Value::Member& member : by_shard->members) {
      if (std::ranges::find(words, member.key) == words.end()) {
        problems.add(by_shard.at(member.key), unknown_word("shard", member.key, words));
      }
    }
  }
  for (const ShardId& shard : scenario.shards) {
    Sources own = common;
    if (by_shard) {
      own.add(by_shard.at(shard.str()), "scenario, " + shard.str());
    }
    auto read = read_shard_settings(own.all());
    sort_out(read.problems, own, policy, into.warnings);
    sort_out(check_fleet(into.orchestrator, read.settings), own, policy, into.warnings);
    read.settings.id = shard;
    into.shards.push_back(std::move(read.settings));
  }
}

std::expected<SettingSource, FileProblem> settings_of_policy_file(const Value& document) {
  Problems problems;
  const Located settings = Located{&document, ""}.at("settings");
  check_names(settings, problems);
  SettingSource source{"policy " + document.find("name")->text, {}};
  for (const Value::Member& member : settings->members) {
    source.values[member.key] = value_text(member.value);
  }
  const std::vector<SettingSource> sources{source};
  for (const auto& found :
       {read_orchestrator_settings(sources).problems, read_shard_settings(sources).problems}) {
    for (const SettingProblem& problem : found) {
      if (problem.severity == SettingProblem::Severity::error) {
        const Located place = settings.at(problem.variable);
        problems.add(place ? place : settings, problem.text);
      }
    }
  }
  if (problems.first()) {
    return std::unexpected(*problems.first());
  }
  return source;
}

}  // namespace arbees::sim
