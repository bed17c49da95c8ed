#include "sim/swarm/near_bounds.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "core/settings/decimal.h"
#include "sim/swarm/episode.h"

namespace arbees::sim {
namespace {

using Drawn = std::vector<std::pair<std::string, std::string>>;

/// So much greater or smaller than its default at most.
constexpr std::int64_t factor = 4;
constexpr int halvings = 7;

/// A connection is opened, and greets and is answered twice, in so many times the way to the other side; and once more, as
/// others are on the way.
constexpr std::int64_t ways_to_connect = 8;

/// What settings are checked against.
struct Ground {
  const std::vector<SettingSource>& base;
  Duration longest_latency;
};

/// What is wrong with settings, so that what a base file warns about anyway is not held against a draw.
std::set<std::string> problems(const Ground& ground, const Drawn& drawn) {
  std::vector<SettingSource> sources = ground.base;
  sources.push_back({"swarm", {drawn.begin(), drawn.end()}});
  const auto orchestrator = read_orchestrator_settings(sources);
  const auto shard = read_shard_settings(sources);
  std::set<std::string> texts;
  for (const auto& list : {orchestrator.problems, shard.problems,
                           check_fleet(orchestrator.settings, shard.settings)}) {
    for (const SettingProblem& problem : list) {
      // Texts quote values; which relation it is, the variable and the severity say.
      texts.insert(problem.variable + std::string(to_string(problem.severity)));
    }
  }
  // No program can know that: whoever sets it knows the network.
  const Duration deadline =
      std::min(orchestrator.settings.redis.connect_deadline, shard.settings.redis.connect_deadline);
  if (deadline < ways_to_connect * ground.longest_latency) {
    texts.insert("a connection cannot be opened in time");
  }
  return texts;
}

bool allowed(const Ground& ground, const std::set<std::string>& before, const Drawn& drawn) {
  return std::ranges::includes(before, problems(ground, drawn));
}

struct Candidate {
  std::string name;
  Duration unit;
  Duration initial;
};

std::vector<Candidate> candidates(const std::vector<SettingSource>& base) {
  std::vector<Candidate> all;
  for (const SettingInfo& info : setting_infos()) {
    const bool given = std::ranges::any_of(
        base, [&](const SettingSource& source) { return source.values.contains(info.name); });
    if (given || (info.unit != "seconds" && info.unit != "milliseconds")) {
      continue;
    }
    const Duration unit = info.unit == "seconds" ? Duration(seconds{1}) : milliseconds{1};
    const auto initial = parse_decimal(info.initial, unit);
    if (initial && *initial > Duration{}) {
      all.push_back({info.name, unit, *initial});
    }
  }
  return all;
}

/// As texts have it: whole milliseconds.
std::string value_text(Duration value, Duration unit) {
  return decimal_text(value / milliseconds{1} * milliseconds{1}, unit);
}

}  // namespace

std::vector<std::pair<std::string, std::string>> draw_settings_near_bounds(
    const std::vector<SettingSource>& base, Duration longest_latency, std::uint64_t most,
    Stream& draws) {
  const Ground ground{base, longest_latency};
  Drawn drawn;
  std::vector<Candidate> open = candidates(base);
  const std::set<std::string> before = problems(ground, {});
  const std::int64_t wanted = draws.between(0, static_cast<std::int64_t>(most));
  for (std::int64_t i = 0; i < wanted && !open.empty(); ++i) {
    const auto index =
        static_cast<std::size_t>(draws.between(0, static_cast<std::int64_t>(open.size()) - 1));
    const Candidate setting = open[index];
    open.erase(open.begin() + static_cast<std::ptrdiff_t>(index));
    const bool up = draws.chance({1, 2});
    Duration good = setting.initial;
    Duration bad = up ? setting.initial * factor : setting.initial / factor;
    const auto with = [&](Duration value) {
      Drawn all = drawn;
      all.emplace_back(setting.name, value_text(value, setting.unit));
      return all;
    };
    if (allowed(ground, before, with(bad))) {
      good = bad;
    }
    for (int step = 0; step < halvings && good != bad; ++step) {
      const Duration middle = good + (bad - good) / 2;
      (allowed(ground, before, with(middle)) ? good : bad) = middle;
    }
    const bool at_the_bound = draws.chance({2, 3});
    const Duration lo = std::min(good, setting.initial);
    const Duration hi = std::max(good, setting.initial);
    const Duration between = draws.between({lo, hi});
    const Drawn all = with(at_the_bound ? good : between);
    if (allowed(ground, before, all)) {
      drawn = all;
    }
  }
  return drawn;
}

std::vector<std::pair<std::string, std::string>> draw_low_limits(Stream& draws) {
  struct LowLimit {
    std::string_view name;
    std::int64_t least;
    std::int64_t most;
  };
  constexpr std::array limits{
      LowLimit{"OUTBOX_MESSAGES", 1, 8},      // what waits while Redis is away
      LowLimit{"STORE_OUT_MAX_SECS", 8, 64},  // how long decisions go on without a store
  };
  std::vector<std::pair<std::string, std::string>> drawn;
  for (const LowLimit& limit : limits) {
    const bool low = draws.chance({1, 6});
    const Duration value = magnitude(draws, Duration{limit.least}, Duration{limit.most});
    if (low) {
      drawn.emplace_back(limit.name, std::to_string(value.count()));
    }
  }
  return drawn;
}

}  // namespace arbees::sim
