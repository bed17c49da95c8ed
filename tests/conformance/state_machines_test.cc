// Every command the model knows, in every state a connection can be in, against a real
// redis-server: random commands on several connections, every byte of every reply and message
// compared. docs/architecture.md says how; intended_differences.json what may differ.
//
// RC_PARAMS="max_success=1000" tries harder; a failure prints the RC_PARAMS that repeat it.

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <string>
#include <vector>

#include "tests/conformance/command_words.h"
#include "tests/conformance/coverage.h"
#include "tests/conformance/generated_case.h"
#include "tests/conformance/intended_differences.h"
#include "tests/conformance/judgement.h"
#include "tests/conformance/twins.h"

namespace arbees::testing {
namespace {

using Words = std::vector<std::string>;

/// Of rapidcheck's 100 cases together, in each state; enough for each command to be tried 1,000
/// times.
constexpr std::size_t least_for_each_command = 1'000;
constexpr std::size_t least_commands = 40'000;
constexpr std::size_t cases = 100;
/// Percent of the commands in each state, in the order of states: together more than 15.
constexpr std::array<std::uint64_t, state_names.size()> least_refused{15, 8, 25, 40, 20, 15};
constexpr std::uint64_t least_pushing = 10;
/// Some of the tries are spent on what turns out to be another command, or in another state.
constexpr std::size_t tries_for_ten_that_count = 14;
/// A list that cannot be made smaller within so many runs is shown as it is: a difference that
/// comes and goes would be chased for hours.
constexpr std::size_t runs_for_shrinking = 2'000;

bool known(const std::string& name) {
  const auto names = names_in_table();
  return std::ranges::find(names, name) != names.end();
}

rc::Seq<TypedCommand> simpler_commands(const TypedCommand& command) {
  std::vector<TypedCommand> simpler;
  if (command.as_line) {
    simpler.push_back({command.words, false});
  }
  for (std::size_t i = 1; i < command.words.size(); ++i) {
    TypedCommand without = command;
    without.words.erase(without.words.begin() + static_cast<std::ptrdiff_t>(i));
    simpler.push_back(without);
  }
  for (std::size_t i = 1; i < command.words.size(); ++i) {
    if (command.words[i].size() > 8) {
      TypedCommand shorter = command;
      shorter.words[i].resize(shorter.words[i].size() / 2);
      simpler.push_back(shorter);
    }
  }
  return rc::seq::fromContainer(simpler);
}

rc::Seq<Step> simpler_steps(const Step& step) {
  const auto with = [step](std::vector<TypedCommand> commands) {
    return Step{step.connection, std::move(commands), step.cuts};
  };
  std::vector<Step> whole;
  if (!step.cuts.empty()) {
    whole.push_back({step.connection, step.commands, {}});
  }
  return rc::seq::concat(
      rc::seq::fromContainer(whole), rc::seq::map(rc::shrink::removeChunks(step.commands), with),
      rc::seq::map(rc::shrink::eachElement(step.commands, simpler_commands), with));
}

rc::Gen<std::vector<Step>> any_case(ClientState state, std::size_t tries) {
  return [=](const rc::Random& random, int) {
    return rc::shrinkable::shrinkRecur(
        draw_case(state, tries, rc::Random(random).next()), [](const std::vector<Step>& all) {
          return rc::seq::concat(rc::shrink::removeChunks(all),
                                 rc::shrink::eachElement(all, simpler_steps));
        });
  };
}

/// Who may do a little of everything. The model refuses rules for commands it does not have.
Words limited_user() {
  Words words{"ACL", "SETUSER", "limited", "reset", "on", ">limited", "~k*", "&a", "&news.*"};
  for (const std::string& name :
       Words{"get", "set", "publish", "subscribe", "psubscribe", "ping", "client|id", "multi",
             "exec", "keys", "mget", "del", "acl|whoami"}) {
    if (known(name)) {
      words.push_back("+" + name);
    }
  }
  return words;
}

/// The servers of one state, and what was tried at them.
class StateMachines : public ::testing::Test {
 protected:
  /// Tries every command in the state.
  void try_in(ClientState state) {
    state_ = state;
    const std::size_t wanted =
        std::max(least_for_each_command, least_commands / 2 / names_in_table().size());
    const std::size_t tries = wanted * tries_for_ten_that_count / 10 / cases;
    const bool agree = rc::check(std::string(state_names[static_cast<std::size_t>(state)]),
                                 [&] { run(*any_case(state, tries)); });
    std::cout << coverage_;
    EXPECT_TRUE(agree);
    if (agree) {
      expect_enough();
    }
  }

 private:
  void run(const std::vector<Step>& steps) {
    if (failed_ && ++runs_since_failure_ > runs_for_shrinking) {
      return;
    }
    prepare();
    for (const Step& step : steps) {
      connect();
      ask(step.connection, step.commands, step.cuts, true);
    }
    twins_.hang_up_all();
  }

  [[nodiscard]] bool at_replica() const { return state_ == ClientState::read_only; }

  /// Both servers have some keys and are replicas of a master that is not there: they serve what they have. Its
  /// address is one to which the kernel connects nobody: attempts fail at once, and ROLE never says "connecting".
  void follow_nobody() {
    ask(Twins::control,
        {{{"MSET", "k", "text", "n", "17", "", "empty"}}, {{"SETEX", "key:1", "100000000", "far"}}},
        {}, false);
    ask(Twins::control, {{{"REPLICAOF", "255.255.255.255", "6379"}}}, {}, false);
  }

  /// The servers are as at their start, and the listener listens.
  void prepare() {
    twins_.hang_up_all();
    sessions_.clear();
    if (at_replica() && prepared_) {
      connect(1);
      ask(Twins::control, {{{"REPLICAOF", "NO", "ONE"}}}, {}, false);
    }
    if (state_ == ClientState::unauthenticated && prepared_) {
      connect(1);
      ask(Twins::control, {{{"AUTH", std::string(operator_name), "x"}}}, {}, false);
    }
    prepared_ = true;
    for (const Words& words : std::vector<Words>{
             {"ACL", "SETUSER", std::string(operator_name), "on", "nopass", "~*", "&*", "+@all"},
             {"FLUSHALL"},
             {"CONFIG", "RESETSTAT"},
             {"ACL", "DELUSER", "ann", "bob", "me"},
             limited_user(),
             {"ACL", "LOG", "RESET"}}) {
      if (known(name_in_table({words}))) {
        connect(1);
        ask(Twins::control, {{words}}, {}, false);
      }
    }
    if (known("acl|setuser")) {
      twins_.greet_with({"AUTH", std::string(operator_name), "x"});
    }
    if (state_ == ClientState::unauthenticated) {
      ask(Twins::control, {{{"ACL", "SETUSER", "default", "resetpass", ">secret"}}}, {}, false);
    }
    if (at_replica()) {
      follow_nobody();
    }
    connect();
    if (state_ == ClientState::unauthenticated) {
      ask(listener, {{{"AUTH", std::string(operator_name), "x"}}}, {}, false);
    }
    ask(listener, {{{"SUBSCRIBE", "a", "c", "news.1"}}, {{"PSUBSCRIBE", "news.*", "[^a]"}}}, {},
        false);
  }

  void connect(std::size_t connections = connections_of_a_case) {
    sessions_.resize(std::max(sessions_.size(), connections));
    for (std::size_t i = 0; i < connections; ++i) {
      if (!twins_.is_open(i)) {
        sessions_[i] = {};
        sessions_[i].authenticated = state_ != ClientState::unauthenticated;
      }
    }
    twins_.connect(connections);
  }

  /// Every exchange ends with a PING: what it says tells the state, too.
  void ask(std::size_t connection, std::vector<TypedCommand> commands,
           const std::vector<unsigned>& cuts, bool counts) {
    commands.push_back({{"PING"}});
    const Exchange exchange = twins_.exchange(connection, commands, cuts);
    std::size_t next = 0;
    for (std::size_t i = 0; i < exchange.heard; ++i) {
      const TypedCommand& command = commands[i];
      Session& session = sessions_[connection];
      const Session before = session;
      Coverage::Outcome outcome;
      for (; next < exchange.said.size() && exchange.said[next].command == i; ++next) {
        const Said& said = exchange.said[next];
        const bool to_sender = said.connection == connection;
        const std::string difference = judge(command, before, said, to_sender, intended_);
        if (!difference.empty()) {
          fail(connection, said.connection, before, difference);
        }
        if (to_sender) {
          outcome.refused = !said.model.empty() && said.model.front().starts_with('-');
          session.observe(command, said.model, state_ == ClientState::unauthenticated);
        } else {
          outcome.pushed = true;
        }
      }
      if (counts) {
        coverage_.count(name_in_table(command), before.state(at_replica()), outcome);
      }
    }
    if (!exchange.disorder.empty()) {
      differ("They differ: " + exchange.disorder);
    }
  }

  /// The first one is shown at once: who waits for the shrinking knows what it is about.
  void differ(const std::string& how) {
    if (!failed_) {
      std::cout << how << "\nlooking for a smaller list\n" << std::flush;
    }
    failed_ = true;
    RC_FAIL(how);
  }

  void fail(std::size_t from, std::size_t to, const Session& session,
            const std::string& difference) {
    differ("They differ on connection " + std::to_string(to) + " at a command of connection " +
           std::to_string(from) + ", " +
           std::string(state_names[static_cast<std::size_t>(session.state(at_replica()))]) +
           ":\n  " + difference);
  }

  void expect_enough() const {
    for (const std::string& name : names_in_table()) {
      EXPECT_GE(coverage_.tried(name, state_), least_for_each_command) << name;
    }
    EXPECT_GE(coverage_.commands(), least_commands);
    const auto percent = [&](std::uint64_t part) { return part * 100 / coverage_.commands(); };
    EXPECT_GE(percent(coverage_.refused()), least_refused[static_cast<std::size_t>(state_)]);
    EXPECT_GE(percent(coverage_.pushing()), least_pushing);
  }

  Twins twins_;
  std::vector<Session> sessions_;
  Coverage coverage_;
  std::vector<IntendedDifference> intended_ = load_intended_differences();
  ClientState state_ = ClientState::plain;
  bool prepared_ = false;
  bool failed_ = false;
  std::size_t runs_since_failure_ = 0;
};

TEST_F(StateMachines, AgreeInPlainState) { try_in(ClientState::plain); }

TEST_F(StateMachines, AgreeWhileSubscribed) { try_in(ClientState::subscribed); }

TEST_F(StateMachines, AgreeInMulti) { try_in(ClientState::in_multi); }

TEST_F(StateMachines, AgreeBeforeLoggingIn) { try_in(ClientState::unauthenticated); }

TEST_F(StateMachines, AgreeForAUserWhoMayDoLittle) { try_in(ClientState::restricted); }

TEST_F(StateMachines, AgreeAtAReplica) { try_in(ClientState::read_only); }

TEST(IntendedDifferences, EachIsStillOne) {
  Twins twins;
  for (const IntendedDifference& difference : load_intended_differences()) {
    SCOPED_TRACE(difference.name);
    EXPECT_FALSE(difference.reason.empty());
    twins.connect(2);
    std::vector<TypedCommand> commands;
    for (const Words& words : difference.example) {
      commands.push_back({words});
    }
    const Exchange exchange = twins.exchange(1, commands, {});
    ASSERT_FALSE(exchange.said.empty());
    const Said& last = exchange.said.back();
    ASSERT_EQ(last.model.size(), 1U);
    ASSERT_EQ(last.real.size(), 1U);
    const std::vector<IntendedDifference> alone{difference};
    EXPECT_NE(find_difference(alone, commands.back(), last.model[0], last.real[0]), nullptr)
        << "model: " << last.model[0] << "real:  " << last.real[0];
    EXPECT_NE(last.model[0], last.real[0]);
    twins.hang_up_all();
  }
}

TEST(CommandWords, ThereAreSomeForEachCommandOfTheModel) {
  for (const std::string& name : names_in_table()) {
    EXPECT_NE(find_words(name), nullptr) << name << ": add it to *_words.cc";
  }
}

}  // namespace
}  // namespace arbees::testing
