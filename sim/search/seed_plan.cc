#include "sim/search/seed_plan.h"

#include "sim/swarm/seeded.h"

namespace arbees::sim {

SearchPlan seed_plan(std::vector<SearchSubject> subjects, std::uint64_t first,
                     std::optional<std::uint64_t> last) {
  SearchPlan plan;
  for (const SearchSubject& subject : subjects) {
    plan.text += subject.loaded->scenario.name + " " + subject.policy + ", ";
  }
  plan.text += "seeds from " + std::to_string(first);
  if (last) {
    plan.size = (*last - first + 1) * subjects.size();
  }
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
