#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "sim/disk/events.h"
#include "sim/invariants/registry.h"
#include "tests/support/stream_builder.h"

// Invariants that say how soon a program does what it may do, and what it makes of what comes late: I19 to I25.

namespace arbees::sim {
namespace {

using namespace std::chrono_literals;

class Prompt : public testing::Test {
 protected:
  explicit Prompt(const Limits& limits = default_limits()) : set_(limits) {
    stream_.fleet({"orchestrator", "A", "A-second", "B"});
  }

  static Limits default_limits() {
    Limits limits = limits_of_shards({"A", "B"});
    limits.shards.push_back(
        {.node = "A-second", .shard = ShardId("A"), .max_games = 20, .second = true});
    limits.unanswered_repeat = 2s;
    limits.heartbeat = 10s;
    return limits;
  }
  const Invariant& of(std::string_view id) const {
    for (const auto& invariant : set_.invariants()) {
      if (invariant->id() == id) {
        return *invariant;
      }
    }
    throw std::out_of_range(std::string(id));
  }
  std::string first_text(std::string_view id) const {
    return of(id).violations().empty() ? "(none)" : of(id).violations().front().text;
  }
  template <EventStruct E>
  void says(const char* node, const E& event) {
    stream_.by(node).says(event);
  }
  void beats(const char* shard, std::uint64_t number, const char* why = "interval") {
    says(shard, HeartbeatSent{ShardId(shard), HeartbeatSeq(number), why, 0});
  }
  void is_granted(const char* node, std::uint64_t number) {
    says(node, GrantReceived{ShardId("A"), Term(1), HeartbeatSeq(number), 0});
  }
  void hears(const char* shard, std::uint64_t number, std::uint64_t boot = 1) {
    says("orchestrator", HeartbeatHeard{ShardId(shard), Boot(boot), HeartbeatSeq(number), 0});
  }
  void grants(const char* shard, std::uint64_t boot, std::uint64_t number) {
    says("orchestrator", GrantSent{ShardId(shard), Boot(boot), HeartbeatSeq(number), 45s, {}});
  }
  void enters(const char* mode) { says("orchestrator", ModeEntered{mode, "a test"}); }
  void leaves(const char* mode) { says("orchestrator", ModeLeft{mode, 1s}); }
  void takes_office() { says("orchestrator", TermTaken{InstanceId("o"), Term(1), 0, 0}); }
  void starts(const char* node, std::uint64_t boot) {
    says(node, ShardStarted{ShardId("A"), Boot(boot), 20, "suppress"});
  }
  /// Until then nothing happens.
  void until(Duration time) {
    stream_.at(time);
    says("B", DependencyRecovered{ShardId("B"), "espn_api_ok"});
  }

  InvariantSet set_;
  StreamBuilder stream_{set_};
};

// --- I19 --------------------------------------------------------------------------------------

TEST_F(Prompt, I19CatchesABeatThatIsNotRepeated) {
  beats("B", 1);
  is_granted("B", 1);
  stream_.at(10s);
  beats("B", 2);
  until(13s);
  EXPECT_EQ(first_text("I19"),
            "B: no grant has answered heartbeat 2, and it was not repeated by 12.000 s");
}

TEST_F(Prompt, I19AllowsABeatThatIsAnsweredOrRepeated) {
  beats("B", 1);
  is_granted("B", 1);
  stream_.at(10s);
  beats("B", 2);
  stream_.at(12s);
  beats("B", 3, "unanswered");
  is_granted("B", 3);
  until(20s);
  EXPECT_EQ(first_text("I19"), "(none)");
  EXPECT_EQ(of("I19").checks(), 1U);
}

TEST_F(Prompt, I19AllowsSilenceOfWhoIsNotBoundOrHasNoLink) {
  beats("A", 1);
  until(5s);
  is_granted("B", 1);
  beats("B", 2);
  stream_.link_lost("B", redis::LinkRole::publisher);
  until(15s);
  EXPECT_EQ(first_text("I19"), "(none)");
}

// --- I20 --------------------------------------------------------------------------------------

TEST_F(Prompt, I20CatchesAShardThatIsNotAskedAfterBlindness) {
  hears("B", 1);
  stream_.at(40s);
  enters("BLIND");
  stream_.at(41s);
  leaves("BLIND");
  until(43s);
  EXPECT_EQ(first_text("I20"),
            "orchestrator can hear again since 41.000 s, and B, whose links are whole, was not "
            "heard by 42.000 s");
}

TEST_F(Prompt, I20AllowsAShardThatAnswersOrCannot) {
  hears("B", 1);
  stream_.at(40s);
  enters("BLIND");
  stream_.at(41s);
  leaves("BLIND");
  stream_.at(41500ms);
  hears("B", 2);
  enters("BLIND");
  stream_.link_lost("B", redis::LinkRole::subscriber).at(42s);
  leaves("BLIND");
  until(50s);
  EXPECT_EQ(first_text("I20"), "(none)");
  EXPECT_EQ(of("I20").checks(), 1U);
}

TEST_F(Prompt, I20AllowsALinkThatMayHaveDiedInSilence) {
  hears("B", 1);
  stream_.at(40s);
  enters("BLIND");
  const EventId hole = stream_.fault("black_hole", "B<->redis");
  stream_.at(41s).healed(hole, "black_hole", "B<->redis");
  leaves("BLIND");
  until(50s);
  EXPECT_EQ(first_text("I20"), "(none)");
}

// Swarm storage, seeds 269 and 877: who has left its term asks in none, and is not answered.
TEST_F(Prompt, I20AllowsAnOrchestratorWithoutATermUntilItHearsInTheNextOne) {
  takes_office();
  hears("B", 1);
  stream_.at(40s);
  enters("BLIND");
  says("orchestrator", StoreRolledBack{ShardId("B"), Term(1), Epoch(3), Term(2)});
  leaves("BLIND");
  until(50s);
  EXPECT_EQ(first_text("I20"), "(none)");
  hears("B", 2);
  enters("BLIND");
  stream_.at(51s);
  leaves("BLIND");
  until(53s);
  EXPECT_NE(first_text("I20"), "(none)") << "it is in office again";
}

TEST_F(Prompt, I20CatchesAShardThatIsNotAskedByWhoHasLostNoTerm) {
  takes_office();
  hears("B", 1);
  stream_.at(40s);
  enters("BLIND");
  says("orchestrator", StoreRolledBack{ShardId("B"), Term(1), Epoch(3), Term(1)});
  leaves("BLIND");
  until(50s);
  EXPECT_NE(first_text("I20"), "(none)");
}

TEST_F(Prompt, I20CatchesACommandThatIsNotSaidAgain) {
  stream_.at(40s).commands("B", "add_game", 1, "g1", 1);
  stream_.link_lost("orchestrator", redis::LinkRole::publisher).at(41s).links_ready("orchestrator");
  until(43s);
  EXPECT_EQ(first_text("I20"),
            "the links of orchestrator are back since 41.000 s, and command 1 to B, which is not "
            "answered, was not sent again by 42.000 s");
}

TEST_F(Prompt, I20AllowsACommandThatIsSaidAgainOrHasEnded) {
  stream_.at(40s).commands("B", "add_game", 1, "g1", 1).commands("B", "add_game", 2, "g2", 2);
  stream_.link_lost("orchestrator", redis::LinkRole::publisher).at(41s).links_ready("orchestrator");
  stream_.commands("B", "add_game", 1, "g1", 1, 2).command_ends("B", "add_game", 2, "g2");
  until(43s);
  EXPECT_EQ(first_text("I20"), "(none)");
  EXPECT_EQ(of("I20").checks(), 1U);
}

// --- I21 --------------------------------------------------------------------------------------

TEST_F(Prompt, I21CatchesAGameThatWaitsForNothing) {
  takes_office();
  stream_.at(100s);
  enters("BLIND");
  stream_.discovers("g1").at(110s);
  leaves("BLIND");
  until(113s);
  EXPECT_EQ(first_text("I21"),
            "g1, which nobody owned yet, waits since 100.000 s for orchestrator, which nothing "
            "keeps from deciding since 110.000 s");
}

TEST_F(Prompt, I21AllowsAGameThatIsAssignedOrUnplaced) {
  takes_office();
  stream_.at(100s).discovers("g1").discovers("g2").at(101s).assigns("g1", "A", 1, 1);
  says("orchestrator", GameUnplaced{GameId("g2"), "no room"});
  until(120s);
  EXPECT_EQ(first_text("I21"), "(none)");
  EXPECT_EQ(of("I21").checks(), 2U);
}

TEST_F(Prompt, I21AllowsToWaitForLeasesOfAnEarlierTermAndForAMode) {
  takes_office();
  stream_.at(5s).discovers("g1").at(40s);
  enters("PAUSED");
  until(200s);
  EXPECT_EQ(first_text("I21"), "(none)");
}

TEST_F(Prompt, I21CatchesADeadShardsGameThatWaitsForTheStore) {
  takes_office();
  stream_.at(60s).assigns("g1", "A", 1, 1).at(100s);
  stream_.fault("store_out", "orchestrator");
  enters("STORE_OUT");
  stream_.at(120s).dies("A", {"g1"});
  until(123s);
  EXPECT_EQ(
      first_text("I21"),
      "g1, whose owner A is dead, waits since 120.000 s for orchestrator, which nothing keeps "
      "from deciding since 100.000 s (in STORE_OUT)");
}

class PromptOfFewFailovers : public Prompt {
 protected:
  PromptOfFewFailovers() : Prompt(one_a_second()) {
    takes_office();
    stream_.at(60s);
    for (const char* game : {"g1", "g2", "g3", "g4", "g5", "g6", "g7", "g8"}) {
      stream_.assigns(game, "A", 1, 1);
    }
    stream_.at(100s).dies("A", {"g1", "g2", "g3", "g4", "g5", "g6", "g7", "g8"});
  }
  static Limits one_a_second() {
    Limits limits = default_limits();
    limits.failover_games_per_second = 1;
    return limits;
  }
  /// One a second.
  void move(std::initializer_list<const char*> games, Duration first) {
    for (const char* game : games) {
      stream_.at(first).assigns(game, "B", 2, 9, "dead");
      first += 1s;
    }
  }
};

// Swarm full, seeds 350, 1885, 3258 and 4157: the more games had had their turn, the sooner the last one was due.
TEST_F(PromptOfFewFailovers, I21AllowsAGameToWaitForItsTurn) {
  move({"g1"}, 100s);
  move({"g2", "g3", "g4"}, 100s);
  until(102500ms);
  move({"g5", "g6", "g7"}, 103s);
  move({"g8"}, 106100ms);
  until(120s);
  EXPECT_EQ(first_text("I21"), "(none)");
  EXPECT_EQ(of("I21").checks(), 8U);
}

TEST_F(PromptOfFewFailovers, I21CatchesAGameWhoseTurnHasPassed) {
  move({"g1", "g2", "g3", "g4", "g5", "g6", "g7"}, 100s);
  until(112s);
  EXPECT_EQ(
      first_text("I21"),
      "g8, whose owner A is dead, waits since 100.000 s for orchestrator, which nothing keeps "
      "from deciding since 0.000 s");
}

TEST_F(PromptOfFewFailovers, I21CatchesAGameThatLaterOnesAreMovedBefore) {
  for (const char* game : {"h1", "h2", "h3", "h4"}) {
    stream_.assigns(game, "B", 2, 2);
  }
  stream_.at(101s).dies("B", {"h1", "h2", "h3", "h4"});
  move({"g1", "g2", "g3", "g4", "g5", "g6", "g7", "h1", "h2", "h3", "h4"}, 101s);
  EXPECT_TRUE(first_text("I21").starts_with("g8, ")) << first_text("I21");
}

TEST_F(Prompt, I21AllowsToWaitForAStoreThatIsOutForLong) {
  takes_office();
  stream_.at(60s).assigns("g1", "A", 1, 1).at(100s);
  stream_.fault("store_out", "orchestrator");
  enters("STORE_OUT");
  stream_.at(390s).dies("A", {"g1"});
  until(500s);
  EXPECT_EQ(first_text("I21"), "(none)");
}

TEST_F(Prompt, I21AllowsAnAssignmentThatItsOrchestratorCouldNotSay) {
  takes_office();
  stream_.at(100s).discovers("g1").crashed("orchestrator").started("orchestrator");
  stream_.links_ready("orchestrator");
  takes_office();
  stream_.discovers("g1").at(102s).acknowledges("g1", "A", 1, 1);
  until(200s);
  EXPECT_EQ(first_text("I21"), "(none)");
}

TEST_F(Prompt, I21AllowsToWaitForACommit) {
  takes_office();
  stream_.at(100s).discovers("g1");
  says("orchestrator", StoreWriteBegun{1});
  until(104s);
  says("orchestrator", StoreWriteAcknowledged{1, 4s});
  stream_.assigns("g1", "A", 1, 1);
  until(120s);
  EXPECT_EQ(first_text("I21"), "(none)");
}

class PromptOfAGameThatGoesOn : public Prompt {
 protected:
  PromptOfAGameThatGoesOn() {
    takes_office();
    stream_.at(60s).discovers("g1").assigns("g1", "A", 1, 1).at(100s);
    says("orchestrator", GameEnded{GameId("g1")});
    stream_.discovers("g1");
  }
};

TEST_F(PromptOfAGameThatGoesOn, I21CatchesThatItIsDroppedAllTheSame) {
  stream_.commands("A", "remove_game", 2, "g1", 1);
  until(110s);
  EXPECT_TRUE(first_text("I21").starts_with("g1, which nobody owned yet, waits since 100.000 s"))
      << first_text("I21");
}

TEST_F(PromptOfAGameThatGoesOn, I21AllowsItToStayWithItsOwner) {
  until(110s);
  EXPECT_EQ(first_text("I21"), "(none)");
}

// Swarm scale, seed 174: a stranger had said that it runs it.
TEST_F(PromptOfAGameThatGoesOn, I21AllowsItToStayWithItsOwnerWhileNoEndIsWrittenDown) {
  enters("STORE_OUT");
  stream_.commands("A", "remove_game", 1, "g1", 1);
  until(300s);
  EXPECT_EQ(first_text("I21"), "(none)");
}

TEST_F(PromptOfAGameThatGoesOn, I21AllowsItToStartAnew) {
  stream_.commands("A", "remove_game", 2, "g1", 1).assigns("g1", "B", 1, 2);
  until(110s);
  EXPECT_EQ(first_text("I21"), "(none)");
}

// --- I22 --------------------------------------------------------------------------------------

TEST_F(Prompt, I22CatchesAReplacedProcessThatGoesOn) {
  starts("A", 1);
  stream_.joins("A", 1);
  is_granted("A", 1);
  stream_.at(30s);
  starts("A-second", 2);
  stream_.joins("A", 2);
  grants("A", 2, 1);
  until(32s);
  EXPECT_EQ(first_text("I22"),
            "A goes on as A (boot 1) at 31.000 s, and a grant has told it that another process has "
            "its name");
}

TEST_F(Prompt, I22AllowsAReplacedProcessThatEndsOrDoesNotHear) {
  starts("A", 1);
  stream_.joins("A", 1);
  is_granted("A", 1);
  starts("A-second", 2);
  stream_.joins("A", 2).link_lost("A", redis::LinkRole::subscriber);
  grants("A", 2, 1);
  stream_.at(2s).links_ready("A");
  grants("A", 2, 2);
  says("A", ShardSuperseded{ShardId("A"), Boot(1), Boot(2), Generation(2)});
  stream_.exited("A");
  until(20s);
  EXPECT_EQ(first_text("I22"), "(none)");
  EXPECT_EQ(of("I22").checks(), 1U);
}

TEST_F(Prompt, I22AllowsTheNewerProcessToGoOn) {
  starts("A", 1);
  stream_.joins("A", 1);
  starts("A-second", 2);
  stream_.joins("A", 2);
  is_granted("A-second", 1);
  grants("A", 1, 5);
  until(20s);
  EXPECT_EQ(first_text("I22"), "(none)");
}

TEST_F(Prompt, I22CatchesAnOlderProcessThatTakesTheNameOfANewerOne) {
  stream_.at(1s);
  starts("A", 1);
  stream_.by("A").says(
      HeartbeatSent{.shard = ShardId("A"), .hb_seq = HeartbeatSeq(1), .why = "start", .games = 0});
  stream_.at(5s);
  starts("A-second", 2);
  stream_.at(9s).joins("A", 2).joins("A", 1);
  EXPECT_EQ(first_text("I22"),
            "A takes the place of A-second at 9.000 s, but it had beaten before that one was "
            "started at 5.000 s");
}

TEST_F(Prompt, I22AllowsAnOlderProcessWhoseFirstBeatMayHaveComeLate) {
  stream_.at(1s);
  starts("A", 1);
  stream_.by("A").says(
      HeartbeatSent{.shard = ShardId("A"), .hb_seq = HeartbeatSeq(1), .why = "start", .games = 0});
  stream_.at(2s).link_lost("A", redis::LinkRole::publisher).at(5s);
  starts("A-second", 2);
  stream_.at(9s).joins("A", 2).joins("A", 1);
  EXPECT_EQ(first_text("I22"), "(none)");
}

// --- I23 --------------------------------------------------------------------------------------

TEST_F(Prompt, I23CatchesAnOlderGrantAfterANewerOne) {
  is_granted("A", 2);
  is_granted("A", 2);
  EXPECT_EQ(first_text("I23"), "(none)") << "one that comes twice";
  is_granted("A", 1);
  EXPECT_EQ(first_text("I23"),
            "A took a grant for heartbeat 1 at 0.000 s, after one for heartbeat 2");
}

TEST_F(Prompt, I23AllowsANewProcessToCountAnew) {
  is_granted("A", 7);
  stream_.crashed("A").started("A");
  is_granted("A", 1);
  EXPECT_EQ(first_text("I23"), "(none)");
}

TEST_F(Prompt, I23CatchesAGameThatIsRevived) {
  stream_.removes("A", "g1", 8).at(5s);
  says("A", GameAdded{ShardId("A"), GameId("g1"), Epoch(7)});
  EXPECT_EQ(first_text("I23"),
            "A took g1 with epoch 7 at 5.000 s, and had been told to give it up with epoch 8");
}

TEST_F(Prompt, I23AllowsAGameThatComesBackOrIsForgotten) {
  stream_.removes("A", "g1", 8).removes("A", "g2", 8).at(5s);
  says("A", GameAdded{ShardId("A"), GameId("g1"), Epoch(9)});
  stream_.at(601s);
  says("A", GameAdded{ShardId("A"), GameId("g2"), Epoch(7)});
  EXPECT_EQ(first_text("I23"), "(none)");
}

// --- I24 --------------------------------------------------------------------------------------

class Restarts : public Prompt {
 protected:
  void is_to_come_back(Duration debounce = 5s) {
    says("orchestrator", ResyncScheduled{ShardId("A"), Generation(2), debounce});
  }
};

TEST_F(Restarts, I24CatchesAWaitThatIsPutOff) {
  is_to_come_back();
  stream_.at(4s);
  is_to_come_back();
  EXPECT_EQ(first_text("I24"),
            "the games of A were to come back 5.000 s after 0.000 s; another restart put that off "
            "at 4.000 s");
}

TEST_F(Restarts, I24AllowsAWaitThatIsOverServedOrSooner) {
  is_to_come_back();
  stream_.at(6s);
  is_to_come_back();
  stream_.at(8s);
  is_to_come_back(0s);
  stream_.assigns("g1", "A", 2, 5, "restarted");
  is_to_come_back();
  stream_.at(9s).dies("A");
  is_to_come_back();
  EXPECT_EQ(first_text("I24"), "(none)");
}

// --- I25 --------------------------------------------------------------------------------------

class Deaf : public Prompt {
 protected:
  Deaf() {
    says("B", ShardStarted{ShardId("B"), Boot(1), 20, "suppress"});
    stream_.joins("B", 1);
  }
  /// A beat that arrives, and a grant that does not.
  void beats_unanswered(Duration from, Duration to) {
    for (Duration at = from; at <= to; at += 10s) {
      stream_.at(at);
      beats("B", ++number_);
      hears("B", number_);
      grants("B", 1, number_);
    }
  }
  void is_deaf() { says("orchestrator", ShardDeaf{ShardId("B"), 50s, {GameId("g1")}}); }
  void is_taken() {
    says("orchestrator", GameAssigned{.game = GameId("g1"),
                                      .shard = ShardId("A"),
                                      .boot = Boot(1),
                                      .epoch = Epoch(2),
                                      .previous = ShardId("B"),
                                      .reason = "deaf",
                                      .took = {}});
  }

  std::uint64_t number_ = 0;
};

TEST_F(Deaf, I25CatchesAShardThatIsNotCalledDeaf) {
  beats_unanswered(0s, 50s);
  until(51s);
  EXPECT_EQ(first_text("I25"),
            "B was heard at 50.000 s and has confirmed no grant since 0.000 s, but is not called "
            "deaf");
}

TEST_F(Deaf, I25AllowsAShardThatIsCalledDeafOrConfirms) {
  beats_unanswered(0s, 40s);
  says("B", GrantReceived{ShardId("B"), Term(1), HeartbeatSeq(number_), 0});
  beats_unanswered(50s, 90s);
  stream_.at(100s);
  beats("B", ++number_);
  hears("B", number_);
  is_deaf();
  until(101s);
  EXPECT_EQ(first_text("I25"), "(none)");
  EXPECT_EQ(of("I25").checks(), 1U);
}

// Swarm network, seed 1222: a shard that reads slowly gets an old grant now and then.
TEST_F(Deaf, I25AllowsAShardThatConfirmsOneGrantOfManyThatAreTooOld) {
  beats_unanswered(0s, 40s);
  stream_.at(50s);
  beats("B", ++number_);
  hears("B", number_);
  is_deaf();
  stream_.at(60s);
  says("B", GrantReceived{ShardId("B"), Term(1), HeartbeatSeq(1), 0});
  beats("B", ++number_);
  hears("B", number_);
  until(61s);
  EXPECT_EQ(first_text("I25"), "(none)");
  stream_.at(62s);
  says("B", GrantReceived{ShardId("B"), Term(1), HeartbeatSeq(5), 0});
  beats_unanswered(70s, 80s);
  beats_unanswered(90s, 130s);
  until(131s);
  EXPECT_EQ(of("I25").violation_count(), 1U) << "it heard all of them meanwhile";
}

TEST_F(Deaf, I25AllowsAnOrchestratorThatCouldNotHear) {
  beats_unanswered(0s, 40s);
  enters("BLIND");
  beats_unanswered(50s, 100s);
  leaves("BLIND");
  beats_unanswered(110s, 120s);
  until(121s);
  EXPECT_EQ(first_text("I25"), "(none)");
}

TEST_F(Deaf, I25CatchesAGameThatIsNotFree) {
  stream_.fences("B", "g1", 1).at(60s);
  is_deaf();
  is_taken();
  stream_.at(65s);
  beats("B", ++number_);
  hears("B", number_);
  until(66s);
  EXPECT_EQ(first_text("I25"), "(none)") << "it gives up what is older than an interval";
  stream_.at(75s);
  beats("B", ++number_);
  hears("B", number_);
  until(76s);
  EXPECT_EQ(first_text("I25"),
            "g1 was taken from B, which is deaf, at 60.000 s; its beat at 75.000 s did not free "
            "it");
}

TEST_F(Deaf, I25AllowsAGameThatIsFreeOrGrantedAgain) {
  stream_.fences("B", "g1", 1).at(60s);
  is_taken();
  stream_.at(75s);
  beats("B", ++number_);
  hears("B", number_);
  says("orchestrator", GameReleased{GameId("g1"), ShardId("B"), "fenced"});
  is_taken();
  stream_.at(80s);
  says("B", GrantReceived{ShardId("B"), Term(1), HeartbeatSeq(number_), 0});
  stream_.at(95s);
  beats("B", ++number_);
  hears("B", number_);
  until(96s);
  EXPECT_EQ(first_text("I25"), "(none)");
  EXPECT_EQ(of("I25").checks(), 1U);
}

}  // namespace
}  // namespace arbees::sim
