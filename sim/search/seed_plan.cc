#include "sim/search/seed_plan.h"

#include "sim/swarm/seeded.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace arbees::sim {

std::string scenario_hash(const LoadedScenario& loaded) {
  std::uint64_t hash = XXH3_64bits_withSeed(loaded.text.data(), loaded.text.size(), 0);
  for (const auto& [policy, source] : loaded.policies) {
    for (const auto& [name, value] : source.values) {
      const std::string setting = policy + " " + name + "=" + value;
      hash = XXH3_64bits_withSeed(setting.data(), setting.size(), hash);
    }
  }
  return std::to_string(hash);
}

SearchPlan seed_plan(std::vector<SearchSubject> subjects, std::uint64_t first,
                     std::optional<std::uint64_t> last) {
  SearchPlan plan;
  for (const SearchSubject& subject : subjects) {
    plan.text += subject.loaded->scenario.name + " " + subject.policy + " (content " +
                 scenario_hash(*subject.loaded) + "), ";
  }
  plan.text += "seeds from " + std::to_string(first);
  if (last) {
    plan.size = (*last - first + 1) * subjects.size();
  }
  plan.key = [subjects, first](std::uint64_t index) {
    const SearchSubject& subject = subjects[index % subjects.size()];
    return run_key(subject.loaded->scenario.name, subject.policy, first + index / subjects.size(),
                   {});
  };
  plan.job = [subjects = std::move(subjects), first](std::uint64_t index) {
    const SearchSubject& subject = subjects[index % subjects.size()];
    const std::uint64_t seed = first + index / subjects.size();
    SearchJob job{.loaded = subject.loaded,
                  .policy = subject.policy,
                  .seed = seed,
                  .variant = {},
                  .repro = "arbees-chaos run " + subject.name + " --policy " + subject.policy +
                           " --seed " + std::to_string(seed)};
    if (subject.loaded->scenario.swarm) {
      job.loaded = std::make_shared<LoadedScenario>(SeededScenario(*subject.loaded, seed).loaded());
    }
    return job;
  };
  return plan;
}

}  // namespace arbees::sim
