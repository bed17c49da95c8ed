#include "tests/real/story.h"

#include <gtest/gtest.h>

#include <utility>

#include "tests/real/simulated.h"

namespace arbees::real {
namespace {

constexpr std::uint64_t seed = 7;

sim::EventFile recording() { return simulate(load_incident("real-crash-back-in-time"), seed); }

std::size_t position_of(const sim::EventFile& file, std::string_view event, std::string_view game) {
  for (std::size_t i = 0; i < file.events.size(); ++i) {
    if (file.events[i].event == event && file.events[i].text("game") == game) {
      return i;
    }
  }
  ADD_FAILURE() << "no " << event << " of " << game;
  return 0;
}

/// As if each had been written in the other's place.
void swap_events(sim::EventFile& file, std::size_t a, std::size_t b) {
  std::swap(file.events[a], file.events[b]);
  std::swap(file.events[a].t_ns, file.events[b].t_ns);
  file.reindex();
}

TEST(Story, IsTheSameWhenToldTwice) {
  const Story story = story_of(recording());
  EXPECT_GT(changes(story), 60U);
  EXPECT_TRUE(differences(story, story_of(recording())).empty());
}

TEST(Story, TwoSwappedEventsAreFound) {
  const sim::EventFile original = recording();
  sim::EventFile planted = original;
  swap_events(planted, position_of(planted, "game_assigned", "game-4"),
              position_of(planted, "game_acknowledged", "game-4"));
  const auto found = differences(story_of(original), story_of(planted));
  ASSERT_FALSE(found.empty());
  EXPECT_TRUE(found[0].starts_with("game game-4 @orchestrator, change 2:")) << found[0];
}

TEST(Story, AnotherCauseIsFound) {
  const sim::EventFile original = recording();
  sim::EventFile planted = original;
  planted.events[position_of(planted, "game_added", "game-4")].cause =
      planted.events[position_of(planted, "game_assigned", "game-5")].id;
  EXPECT_FALSE(differences(story_of(original), story_of(planted)).empty());
}

TEST(Story, AnotherFieldIsFound) {
  const sim::EventFile original = recording();
  sim::EventFile planted = original;
  for (sim::RecordedField& field :
       planted.events[position_of(planted, "game_assigned", "game-4")].fields) {
    if (field.name == "reason") {
      field.value = std::string("dead");
    }
  }
  EXPECT_EQ(differences(story_of(original), story_of(planted)).size(), 1U);
}

TEST(Story, AMissingAndAnAdditionalEventAreFound) {
  const sim::EventFile original = recording();
  sim::EventFile planted = original;
  const auto last = planted.events.begin() +
                    static_cast<std::ptrdiff_t>(position_of(planted, "game_unfenced", "game-2"));
  planted.events.erase(last);
  planted.reindex();
  EXPECT_FALSE(differences(story_of(original), story_of(planted)).empty());
  EXPECT_FALSE(differences(story_of(planted), story_of(original)).empty());
}

TEST(Story, PeriodicEventsAndTimesAreNoPartOfIt) {
  const sim::EventFile original = recording();
  sim::EventFile other = original;
  std::erase_if(other.events, [](const auto& event) { return event.event == "signal_emitted"; });
  for (sim::RecordedEvent& event : other.events) {
    event.t_ns += 1'000'000'000;
  }
  other.reindex();
  EXPECT_TRUE(differences(story_of(original), story_of(other)).empty());
}

TEST(Story, CausesAreFollowedThroughTheEventsOfOtherProcesses) {
  const Story story = story_of(recording());
  EXPECT_EQ(story.at("game game-4 @shard-1").at(0).causes,
            std::set<std::string>{"game game-4: game_assigned"});
}

}  // namespace
}  // namespace arbees::real
