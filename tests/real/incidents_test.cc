// The simulator is only worth what its story is worth. Each incident happens once in it and once to real
// processes on a real redis-server; both must tell the same story.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "tests/real/outage.h"
#include "tests/real/real_fleet.h"

namespace arbees::real {
namespace {

/// As many as show every cause that a race between equal ones can bring.
constexpr std::uint64_t seeds = 200;

/// What the simulator tells: one and the same for every seed, but for which of several causes came first.
Story expected_story(const Incident& incident) {
  Story story = story_of(simulate(incident, 1));
  for (std::uint64_t seed = 2; seed <= seeds; ++seed) {
    const Story again = story_of(simulate(incident, seed));
    join_causes(story, again);
  }
  return story;
}

/// All processes of a fleet but those that the incident ends.
std::map<std::string, const Process*> survivors(const RealFleet& fleet,
                                                const std::set<std::string>& victims = {}) {
  std::map<std::string, const Process*> all;
  for (const auto& [name, process] : fleet.processes()) {
    if (!victims.contains(name)) {
      all[name] = process.get();
    }
  }
  return all;
}

std::map<std::string, pid_t> pids(const RealFleet& fleet) {
  std::map<std::string, pid_t> all;
  for (const auto& [name, process] : fleet.processes()) {
    all[name] = process->pid();
  }
  return all;
}

class RealIncident : public ::testing::Test {
 protected:
  void begin(const std::string& name) {
    incident_ = load_incident(name);
    expected_ = expected_story(incident_);
    fleet_.emplace(incident_);
    pids_ = pids(*fleet_);
  }

  /// Lets the incident end, and compares it with what the simulator tells.
  void compare(const std::set<std::string>& victims = {}) {
    fleet_->wait_for_end_of(expected_);
    for (const std::string& difference : differences(expected_, story_of(fleet_->events()))) {
      ADD_FAILURE() << difference;
    }
    for (const auto& [name, process] : fleet_->processes()) {
      EXPECT_FALSE(process->ended()) << name << " is gone";
      EXPECT_EQ(process->pid() != pids_.at(name), victims.contains(name)) << name;
    }
    expect_a_swap_is_found();
  }

  /// The comparison of this very recording is able to fail.
  void expect_a_swap_is_found() {
    sim::EventFile planted = fleet_->events();
    const auto find = [&](std::string_view name) {
      return std::ranges::find_if(planted.events, [&](const sim::RecordedEvent& event) {
        return event.event == name && event.text("game") == incident_.games.front();
      });
    };
    const auto assigned = find("game_assigned");
    const auto acknowledged = find("game_acknowledged");
    std::swap(*assigned, *acknowledged);
    std::swap(assigned->t_ns, acknowledged->t_ns);
    planted.reindex();
    EXPECT_FALSE(differences(expected_, story_of(planted)).empty());
  }

  RealFleet& fleet() { return *fleet_; }
  [[nodiscard]] std::size_t games() const { return incident_.games.size(); }
  [[nodiscard]] std::size_t links() const { return 2 * (incident_.shards.size() + 1); }

 private:
  Incident incident_;
  Story expected_;
  std::optional<RealFleet> fleet_;
  std::map<std::string, pid_t> pids_;
};

TEST_F(RealIncident, AShardIsKilledAndBackAtOnce) {
  begin("real-crash-back-in-time");
  fleet().kill("shard-1");
  fleet().start_shard("shard-1", "shard-1");
  compare({"shard-1"});
}

TEST_F(RealIncident, AShardIsKilledAndBackAfterItsGamesHaveMoved) {
  begin("real-crash-back-too-late");
  const Outage outage(survivors(fleet(), {"shard-1"}));
  fleet().kill("shard-1");
  fleet().wait_for(1, {.event = "shard_died"});
  fleet().wait_for(games() + 4, {.event = "game_acknowledged"});
  fleet().wait_for(games() + 4, {.event = "game_unfenced"});
  outage.end();
  fleet().start_shard("shard-1", "shard-1");
  compare({"shard-1"});
}

TEST_F(RealIncident, RedisIsStoppedAndStartedAtOnce) {
  begin("real-redis-restart");
  fleet().redis().stop();
  fleet().redis().start();
  compare();
}

TEST_F(RealIncident, RedisIsAwayUntilEveryLeaseIsOver) {
  begin("real-redis-down");
  const Outage outage(survivors(fleet()));
  fleet().redis().stop();
  fleet().wait_for(games(), {.event = "game_fenced", .fields = {{"why", "lease_over"}}});
  outage.end();
  fleet().redis().start();
  compare();
}

TEST_F(RealIncident, RedisIsFrozenUntilEveryLeaseIsOver) {
  begin("real-redis-frozen");
  const Outage outage(survivors(fleet()));
  fleet().redis().freeze();
  fleet().wait_for(links(), {.event = "link_lost"});
  fleet().wait_for(games(), {.event = "game_fenced", .fields = {{"why", "lease_over"}}});
  outage.end();
  fleet().redis().thaw();
  compare();
}

}  // namespace
}  // namespace arbees::real
