// What a Redis server in trouble does to programs that talk to it over the simulated network.

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/sim/support/small_world.h"

namespace arbees::sim {
namespace {

using namespace std::chrono_literals;
using Kind = RedisTrouble::Kind;

/// Sends one line when it is connected and then one every 100 ms, in which # stands for how many there were; connects again
/// 1 s after an end.
class Repeater final : public Program, private ConnectionHandler {
 public:
  Repeater(Ports& ports, std::string first, std::string line, bool deaf)
      : ports_(ports),
        first_(std::move(first)),
        line_(std::move(line)),
        deaf_(deaf),
        timer_(ports.clock.make_timer([this] { talk(); })) {}

  void start() override { connect(); }
  void terminate() override {}

 private:
  void connect() {
    connection_ = ports_.transport.connect(
        {.kind = Endpoint::Kind::tcp, .host = "redis", .port = 6379}, *this);
  }
  void talk() {
    if (connection_ == nullptr) {
      connect();
      return;
    }
    if (!line_.empty()) {
      std::string line = line_;
      if (const std::size_t number = line.find('#'); number != std::string::npos) {
        line.replace(number, 1, std::to_string(++lines_));
      }
      connection_->write(line + "\r\n");
      timer_->arm(ports_.clock.now() + milliseconds{100});
    }
  }
  void on_connected() override {
    if (!first_.empty()) {
      connection_->write(first_ + "\r\n");
    }
    if (deaf_) {
      connection_->pause_reading();
    }
    talk();
  }
  void on_data(std::string_view bytes) override {
    heard_ += bytes;
    for (std::size_t end = heard_.find("\r\n"); end != std::string::npos;
         end = heard_.find("\r\n")) {
      ports_.events.record(Said{.what = heard_.substr(0, end)}, {});
      heard_.erase(0, end + 2);
    }
  }
  void on_drained() override {}
  void on_closed(CloseReason, std::string_view, EventId) override {
    ports_.events.record(Said{.what = "lost"}, {});
    connection_.reset();
    heard_.clear();
    timer_->arm(ports_.clock.now() + seconds{1});
  }

  Ports& ports_;
  std::string first_;
  std::string line_;
  bool deaf_;
  std::uint64_t lines_ = 0;
  std::unique_ptr<Timer> timer_;
  std::unique_ptr<Connection> connection_;
  std::string heard_;
};

/// Counts what programs say, and what Redis does to them.
class Ear final : public Observer {
 public:
  void observe(const SimEnvelope& event) override {
    if (const auto* said = event.event.get_if<Said>()) {
      said_.push_back({event.time, std::string(event.node), said->what});
    }
    felt += event.event.get_if<RedisFaultFelt>() != nullptr ? 1U : 0U;
    if (event.event.get_if<SubscriberCut>() != nullptr) {
      ++cut;
      cut_because_of = event.cause;
    }
  }
  [[nodiscard]] std::size_t count(std::string_view node, std::string_view beginning,
                                  SimTime from = {}, SimTime to = SimTime::max()) const {
    return static_cast<std::size_t>(std::ranges::count_if(said_, [&](const Line& line) {
      return line.node == node && line.what.starts_with(beginning) && line.at >= from &&
             line.at < to;
    }));
  }
  /// The numbers at the end of what a node said after `beginning`, in that order.
  [[nodiscard]] std::vector<int> numbers(std::string_view node, std::string_view beginning) const {
    std::vector<int> all;
    for (const Line& line : said_) {
      if (line.node == node && line.what.starts_with(beginning)) {
        all.push_back(std::stoi(line.what.substr(beginning.size())));
      }
    }
    return all;
  }
  std::size_t felt = 0;
  std::size_t cut = 0;
  EventId cut_because_of;

 private:
  struct Line {
    SimTime at;
    std::string node;
    std::string what;
  };
  std::vector<Line> said_;
};

class Troubles : public ::testing::Test {
 protected:
  Troubles() : world_({.seed = 5}) {
    world_.add_observer(ear_);
    redis_ = world_.add_redis("redis", 6379);
    world_.start(redis_);
  }
  void add(const std::string& name, std::string first, std::string line, bool deaf = false) {
    world_.start(world_.add_node({.name = name, .factory = [=](Ports& ports) {
                                    return std::make_unique<Repeater>(ports, first, line, deaf);
                                  }}));
  }
  void during(Duration from, Duration to, const RedisTrouble& trouble) {
    world_.at(SimTime(from), [this, trouble, to] {
      const FaultId fault = world_.faults().trouble(redis_, trouble);
      world_.at(SimTime(to), [this, fault] { world_.faults().heal(fault); });
    });
  }
  /// The numbers of messages in the order in which they are heard, while one in four is late.
  [[nodiscard]] std::vector<int> hear_late(bool overtaken) {
    add("ear", "SUBSCRIBE news", "");
    add("mouth", "", "PUBLISH news hi#");
    during(5s, 25s,
           {.kind = Kind::messages_delayed,
            .delay = {200ms, 2s},
            .share = {1, 4},
            .overtaken = overtaken});
    run(40s);
    EXPECT_GT(ear_.felt, 30U);
    EXPECT_EQ(ear_.count("ear", "hi"), ear_.count("mouth", ":1")) << "none is lost";
    return ear_.numbers("ear", "hi");
  }
  void run(Duration until) { world_.run_until(SimTime(until)); }
  [[nodiscard]] std::uint64_t drawn() { return world_.streams().get("faults").draws(); }

  Ear ear_;
  World world_;
  NodeIndex redis_{};
};

TEST_F(Troubles, AServerThatLoadsWasStartedAgainAndRefusesUntilItIsDone) {
  add("a", "", "PING");
  during(5s, 15s, {.kind = Kind::loading});
  run(20s);
  EXPECT_EQ(ear_.count("a", "lost"), 1U);
  EXPECT_EQ(ear_.count("a", "+PONG", SimTime(6s), SimTime(15s)), 0U);
  EXPECT_GT(ear_.count("a", "-LOADING", SimTime(5s), SimTime(15010ms)), 70U);
  EXPECT_EQ(ear_.count("a", "-LOADING"), ear_.felt);
  EXPECT_GT(ear_.count("a", "+PONG", SimTime(15010ms)), 40U);
  EXPECT_EQ(drawn(), 0U);
}

TEST_F(Troubles, OverlappingOnesOfAKindEndWithTheLast) {
  add("a", "", "PING");
  during(5s, 10s, {.kind = Kind::cannot_save});
  during(7s, 15s, {.kind = Kind::cannot_save});
  run(20s);
  EXPECT_GT(ear_.count("a", "-MISCONF", SimTime(10s), SimTime(15s)), 40U);
  EXPECT_EQ(ear_.count("a", "-MISCONF", SimTime(15010ms)), 0U);
}

TEST_F(Troubles, AChangedPasswordOutlastsARestartOfTheServer) {
  add("a", "", "PING");
  during(5s, 15s, {.kind = Kind::password});
  world_.at(SimTime(8s), [this] { world_.faults().heal(world_.faults().crash(redis_)); });
  run(20s);
  EXPECT_GT(ear_.count("a", "-NOAUTH", SimTime(10s), SimTime(15s)), 30U);
  EXPECT_EQ(ear_.count("a", "+PONG", SimTime(5010ms), SimTime(15s)), 0U);
  EXPECT_GT(ear_.count("a", "+PONG", SimTime(15010ms)), 40U);
}

TEST_F(Troubles, WithoutChannelsListenersGoAndSpeakersAreRefused) {
  add("ear", "SUBSCRIBE news", "");
  add("mouth", "", "PUBLISH news hi");
  during(5s, 15s, {.kind = Kind::no_channels});
  run(20s);
  EXPECT_EQ(ear_.count("ear", "lost"), 1U);
  EXPECT_EQ(ear_.count("ear", "-NOPERM"), 1U) << "it asked again when it was back";
  EXPECT_EQ(ear_.count("mouth", "lost"), 0U);
  EXPECT_GT(ear_.count("mouth", "-NOPERM"), 90U);
  EXPECT_GT(ear_.count("mouth", ":0", SimTime(15010ms)), 40U);
}

TEST_F(Troubles, AFullServerSendsAwayWhoComes) {
  add("early", "", "PING");
  during(5s, 15s, {.kind = Kind::full});
  world_.at(SimTime(6s), [this] { add("late", "", "PING"); });
  run(20s);
  EXPECT_EQ(ear_.count("early", "lost"), 0U);
  EXPECT_GE(ear_.count("late", "-ERR max number of clients reached"), 8U);
  EXPECT_EQ(ear_.felt, ear_.count("late", "-ERR max"));
  EXPECT_GT(ear_.count("late", "+PONG"), 30U);
}

TEST_F(Troubles, ASlowServerAnswersEverythingLateAndInOrder) {
  add("a", "", "PING");
  during(5s, 10s, {.kind = Kind::slow, .delay = {2s, 3s}});
  run(20s);
  EXPECT_EQ(ear_.count("a", "lost"), 0U);
  EXPECT_EQ(ear_.count("a", "+PONG", SimTime(5010ms), SimTime(7s)), 0U);
  EXPECT_GT(ear_.count("a", "+PONG"), 190U) << "none is missing";
  EXPECT_EQ(drawn(), ear_.felt);
}

TEST_F(Troubles, ALostReplyTakesTheConnectionAndNotTheMessage) {
  add("ear", "SUBSCRIBE news", "");
  add("mouth", "", "PUBLISH news hi");
  during(5s, 5050ms, {.kind = Kind::replies_lost});
  run(5060ms);
  const std::size_t published = ear_.count("ear", "hi");
  run(5500ms);
  EXPECT_EQ(ear_.count("ear", "hi"), published);
  if (ear_.felt == 0) {
    GTEST_FAIL() << "nothing was published while replies were lost";
  }
  EXPECT_EQ(ear_.count("mouth", "lost"), 1U);
  EXPECT_EQ(ear_.count("mouth", ":1"), published - 1);
  EXPECT_EQ(ear_.count("ear", "lost"), 0U);
  EXPECT_EQ(drawn(), 0U) << "all of them: there is nothing to draw";
}

TEST_F(Troubles, AShareOfTheMessagesIsLostAndSaidToBeDelivered) {
  add("ear", "SUBSCRIBE news", "");
  add("mouth", "", "PUBLISH news hi");
  during(5s, 55s, {.kind = Kind::messages_lost, .share = {1, 4}});
  run(60s);
  const std::size_t said = ear_.count("mouth", ":1");
  EXPECT_EQ(ear_.count("ear", "hi") + ear_.felt, said);
  EXPECT_GT(ear_.felt, 80U);
  EXPECT_LT(ear_.felt, 170U);
}

TEST_F(Troubles, AShareOfTheMessagesComesTwiceAndIsSaidToBeDeliveredOnce) {
  add("ear", "SUBSCRIBE news", "");
  add("mouth", "", "PUBLISH news hi#");
  during(5s, 55s, {.kind = Kind::messages_duplicated, .share = {1, 4}});
  run(60s);
  EXPECT_EQ(ear_.count("ear", "hi"), ear_.count("mouth", ":1") + ear_.felt);
  EXPECT_GT(ear_.felt, 80U);
  EXPECT_LT(ear_.felt, 170U);
  EXPECT_TRUE(std::ranges::is_sorted(ear_.numbers("ear", "hi"))) << "right after the first";
}

TEST_F(Troubles, MessagesWaitBehindALateOne) {
  const std::vector<int> heard = hear_late(false);
  EXPECT_TRUE(std::ranges::is_sorted(heard));
}

TEST_F(Troubles, MessagesOvertakeALateOne) {
  std::vector<int> heard = hear_late(true);
  EXPECT_FALSE(std::ranges::is_sorted(heard));
  std::ranges::sort(heard);
  EXPECT_EQ(std::ranges::adjacent_find(heard), heard.end()) << "none comes twice";
}

TEST_F(Troubles, HealingHandsOverWhatIsLateAndARestartForgetsIt) {
  add("ear", "SUBSCRIBE news", "");
  add("mouth", "", "PUBLISH news hi#");
  during(5s, 7s, {.kind = Kind::messages_delayed, .delay = {100s, 100s}});
  run(7s);
  const std::size_t before = ear_.count("ear", "hi");
  EXPECT_EQ(before, ear_.count("ear", "hi", {}, SimTime(5010ms)));
  run(7010ms);
  EXPECT_GE(ear_.count("ear", "hi"), before + 19);
  during(10s, 20s, {.kind = Kind::messages_delayed, .delay = {100s, 100s}});
  world_.at(SimTime(15s), [this] { world_.faults().heal(world_.faults().crash(redis_)); });
  run(30s);
  const std::vector<int> heard = ear_.numbers("ear", "hi");
  const auto last = std::ranges::upper_bound(heard, 110);
  EXPECT_TRUE(std::ranges::none_of(heard, [](int number) { return number > 102 && number < 148; }))
      << "what waited when the server ended is gone";
  EXPECT_NE(last, heard.end());
}

TEST_F(Troubles, AFloodCutsTheSubscriberThatDoesNotRead) {
  add("deaf", "SUBSCRIBE news", "", true);
  add("awake", "SUBSCRIBE news", "");
  during(1s, 16s, {.kind = Kind::flood, .channel = "news"});
  run(16s);
  EXPECT_EQ(ear_.cut, 0U) << "less than 32 MiB wait";
  FaultId second;
  world_.at(SimTime(17s), [&] {
    second = world_.faults().trouble(redis_, {.kind = Kind::flood, .channel = "news"});
  });
  run(25s);
  EXPECT_EQ(ear_.cut, 1U);
  EXPECT_EQ(ear_.cut_because_of, second);
  EXPECT_EQ(ear_.count("awake", "lost"), 0U);
}

TEST_F(Troubles, EverybodyIsKilledOnce) {
  add("a", "", "PING");
  add("b", "", "PING");
  world_.at(SimTime(5s), [this] {
    const FaultId fault = world_.faults().trouble(redis_, {.kind = Kind::clients_killed});
    EXPECT_FALSE(world_.faults().active(fault));
  });
  run(20s);
  EXPECT_EQ(ear_.count("a", "lost") + ear_.count("b", "lost"), 2U);
  EXPECT_EQ(ear_.felt, 1U);
}

}  // namespace
}  // namespace arbees::sim
