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
  if (loaded.echoed != nullptr) {
    for (const LoadedScenario& echoed : *loaded.echoed) {
      hash = XXH3_64bits_withSeed(echoed.text.data(), echoed.text.size(), hash);
    }
  }
  return std::to_string(hash);
}

namespace {

/// Which run a number means.
struct Numbered {
  std::size_t subject;
  std::uint64_t seed;
  std::uint64_t mutation;
};

Numbered numbered(std::uint64_t index, std::uint64_t first, std::size_t subjects,
                  std::uint64_t siblings) {
  const std::uint64_t group = index / siblings;
  return {.subject = static_cast<std::size_t>(group % subjects),
          .seed = first + group / subjects,
          .mutation = index % siblings};
}

std::string variant_of(std::uint64_t mutation) {
  return mutation == 0 ? std::string() : "mutation " + std::to_string(mutation);
}

SearchJob job_of(const SearchSubject& subject, const Numbered& run) {
  SearchJob job{.loaded = subject.loaded,
                .policy = subject.policy,
                .seed = run.seed,
                .variant = variant_of(run.mutation),
                .repro = "arbees-chaos run " + subject.name + " --policy " + subject.policy +
                         " --seed " + std::to_string(run.seed)};
  if (run.mutation > 0) {
    job.repro += " --mutation " + std::to_string(run.mutation);
  }
  if (subject.loaded->scenario.swarm) {
    job.loaded = std::make_shared<LoadedScenario>(
        SeededScenario(*subject.loaded, run.seed, run.mutation).loaded());
  }
  return job;
}

}  // namespace

SearchPlan seed_plan(std::vector<SearchSubject> subjects, std::uint64_t first,
                     std::optional<std::uint64_t> last, std::uint64_t mutations) {
  SearchPlan plan;
  for (const SearchSubject& subject : subjects) {
    plan.text += subject.loaded->scenario.name + " " + subject.policy + " (content " +
                 scenario_hash(*subject.loaded) + "), ";
  }
  plan.text += "seeds from " + std::to_string(first);
  plan.text += mutations > 0 ? ", guided" : "";
  plan.siblings = mutations + 1;
  if (last) {
    plan.size = (*last - first + 1) * subjects.size() * plan.siblings;
  }
  plan.key = [subjects, first, siblings = plan.siblings](std::uint64_t index) {
    const Numbered run = numbered(index, first, subjects.size(), siblings);
    const SearchSubject& subject = subjects[run.subject];
    return run_key(subject.loaded->scenario.name, subject.policy, run.seed,
                   variant_of(run.mutation));
  };
  plan.job = [subjects = std::move(subjects), first,
              siblings = plan.siblings](std::uint64_t index) {
    const Numbered run = numbered(index, first, subjects.size(), siblings);
    return job_of(subjects[run.subject], run);
  };
  return plan;
}

}  // namespace arbees::sim
