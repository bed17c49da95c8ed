// The model against a real redis-server, on random input. What is intended to differ is in the
// comment of sim::redis::Server and in Wordings.Hello3IsTheOneIntendedDifference.
//
// RC_PARAMS="max_success=2000 max_size=200" tries harder; a failure prints the RC_PARAMS that
// repeat it.

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iostream>
#include <numeric>
#include <ostream>
#include <string>
#include <vector>

#include "tests/conformance/redis_pair.h"
#include "tests/conformance/requests.h"

namespace arbees::testing {
namespace {

constexpr std::size_t connections_tried = 3;

/// Some commands sent in one go on one connection.
struct Burst {
  std::size_t connection;
  std::vector<TypedCommand> commands;
  std::vector<unsigned> cuts;
};

std::ostream& operator<<(std::ostream& out, const Burst& burst) {
  out << "\non connection " << burst.connection << ", cut at " << rc::toString(burst.cuts) << ":";
  for (const TypedCommand& command : burst.commands) {
    out << "\n  " << command;
  }
  return out;
}

using namespace std::string_literals;
using Words = std::vector<std::string>;

rc::Gen<std::string> bytes() {
  return rc::gen::oneOf(
      rc::gen::element<std::string>("", "x", "17", "a b", std::string("a\0b", 3), "\r\n"),
      rc::gen::arbitrary<std::string>(), rc::gen::map(rc::gen::inRange(0, 3'000), [](int size) {
        return std::string(static_cast<std::size_t>(size), 'p');
      }));
}

rc::Gen<std::string> channel_name() {
  return rc::gen::element<std::string>("a", "b", "c", "ab", "news.1", "news.2", "", "a b", "[a]");
}

rc::Gen<std::string> pattern_name() {
  return rc::gen::element<std::string>("*", "a*", "?", "[ab]", "[^a]", "news.*", "*.[1-9]",
                                       "\\[a\\]", "a", "", "**", "a?b", "[b-");
}

/// The command's name followed by `most` words at most, `least` at least.
rc::Gen<Words> command(const std::string& name, rc::Gen<std::string> word, int least, int most) {
  return rc::gen::exec([=] {
    const int count = *rc::gen::inRange(least, most + 1);
    Words words{name};
    for (int i = 0; i < count; ++i) {
      words.push_back(*word);
    }
    return words;
  });
}

rc::Gen<Words> publish() {
  return rc::gen::exec([] { return Words{"PUBLISH", *channel_name(), *bytes()}; });
}

rc::Gen<Words> any_hello() {
  return rc::gen::exec([] {
    Words words{"HELLO"};
    if (*rc::gen::arbitrary<bool>()) {
      words.push_back(
          *rc::gen::element<std::string>("2", "2", "2", "2", "1", "4", "-3", "02", "x"));
    }
    const auto options =
        *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
            "AUTH", "auth", "SETNAME", "setNAME", "default", "default", "me", "a b", "FOO"));
    // "HELLO 3" is left out; a version that never was asked for is no version.
    words.insert(words.end(), options.begin(), options.end());
    return words;
  });
}

rc::Gen<Words> about_the_connection() {
  return rc::gen::oneOf(
      command("PING", bytes(), 0, 2), command("ECHO", bytes(), 1, 1),
      command("SELECT",
              rc::gen::element<std::string>("0", "7", "15", "16", "-1", "01", "x", "", "2147483648",
                                            "9223372036854775808"),
              1, 1),
      rc::gen::map(rc::gen::element<std::string>("me", "", "a b", "x\n", "~!", "\x7f", "\xc3\xa9"),
                   [](const std::string& name) { return Words{"CLIENT", "SETNAME", name}; }),
      rc::gen::element<Words>(Words{"CLIENT", "GETNAME"}, Words{"client", "id"}, Words{"CLIENT"},
                              Words{"CLIENT", "FOO", "x"}, Words{"CLIENT", "ID", "x"},
                              Words{"RESET"}, Words{"AUTH", "x"}, Words{"AUTH", "default", "x"},
                              Words{"AUTH", "me", "x"}, Words{"AUTH", "a", "b", "c"}),
      any_hello());
}

rc::Gen<Words> about_subscriptions() {
  return rc::gen::weightedOneOf<Words>({{3, command("SUBSCRIBE", channel_name(), 1, 4)},
                                        {3, command("PSUBSCRIBE", pattern_name(), 1, 4)},
                                        {1, command("UNSUBSCRIBE", channel_name(), 0, 3)},
                                        {1, command("PUNSUBSCRIBE", pattern_name(), 0, 3)}});
}

/// Known and unknown names with any number of words behind them.
rc::Gen<Words> nonsense() {
  return rc::gen::exec([] {
    Words words{*rc::gen::element<std::string>("ping", "eCHo", "SELECT", "publish", "SubScribe",
                                               "psubscribe", "reset", "client", "auth", "foo", "",
                                               "PUBLISHH", "un\r\nknown")};
    const auto rest = *rc::gen::container<Words>(bytes());
    words.insert(words.end(), rest.begin(), rest.end());
    return words;
  });
}

/// Connection 0 mostly publishes, the others mostly listen: a subscribed client may do little else.
rc::Gen<TypedCommand> any_command(std::size_t connection) {
  const bool publisher = connection == 0;
  const auto words = rc::gen::weightedOneOf<Words>({{publisher ? 1 : 50, about_subscriptions()},
                                                    {publisher ? 60 : 4, publish()},
                                                    {24, about_the_connection()},
                                                    {6, nonsense()},
                                                    {1, rc::gen::just(Words{"QUIT"})}});
  return rc::gen::exec([=] {
    return TypedCommand{*words, *rc::gen::weightedElement<bool>({{3, false}, {1, true}})};
  });
}

rc::Gen<std::vector<unsigned>> cuts() {
  return rc::gen::scale(
      0.05, rc::gen::container<std::vector<unsigned>>(rc::gen::inRange<unsigned>(0, 4'000)));
}

rc::Gen<Burst> any_burst() {
  return rc::gen::exec([] {
    Burst burst;
    burst.connection = *rc::gen::inRange<std::size_t>(0, connections_tried);
    burst.commands = *rc::gen::scale(
        0.15, rc::gen::container<std::vector<TypedCommand>>(any_command(burst.connection)));
    burst.cuts = *cuts();
    return burst;
  });
}

/// Ends a case's connections however the case ends: the next one finds both servers empty.
class Case {
 public:
  explicit Case(RedisPair& pair) : pair_(pair) {}
  ~Case() { pair_.hang_up_all(); }
  Case(const Case&) = delete;
  Case& operator=(const Case&) = delete;

 private:
  RedisPair& pair_;
};

/// Shows the first difference only: the whole may be long.
void expect_same(const Answers& answers) {
  const auto [model, real] = std::ranges::mismatch(answers.model, answers.real);
  if (model == answers.model.end() && real == answers.real.end()) {
    return;
  }
  constexpr std::ptrdiff_t before = 40;
  constexpr std::size_t shown = 120;
  const auto at = model - answers.model.begin();
  const auto begin = static_cast<std::size_t>(std::max(at - before, std::ptrdiff_t{0}));
  RC_FAIL("they differ at byte " + std::to_string(at) +
          "\nmodel: " + rc::toString(answers.model.substr(begin, shown)) +
          "\nreal:  " + rc::toString(answers.real.substr(begin, shown)));
}

class Conformance : public ::testing::Test {
 protected:
  RedisPair pair_;
};

TEST_F(Conformance, AnswersEveryByteLikeTheRealServer) {
  EXPECT_TRUE(rc::check("random commands on three connections", [this] {
    const auto bursts = *rc::gen::container<std::vector<Burst>>(any_burst());
    const Case this_case(pair_);
    std::array<RedisPair::Connection, connections_tried> links;
    for (auto& link : links) {
      link = pair_.connect();
    }
    for (const Burst& burst : bursts) {
      auto& link = links[burst.connection];
      if (!pair_.open(link)) {
        link = pair_.connect();
      }
      expect_same(pair_.ask(link, cut(encode(burst.commands), burst.cuts),
                            std::ranges::any_of(burst.commands, is_bare_unsubscribe)));
    }
    for (const auto link : links) {
      if (pair_.open(link)) {
        expect_same(pair_.listen(link));
      }
    }
  }));
  const auto& stats = pair_.model_stats();
  std::cout << stats.commands << " commands, " << stats.error_replies << " refused, "
            << stats.delivered << " messages delivered\n";
  EXPECT_GT(stats.error_replies * 10, stats.commands) << "hardly anything was refused";
  EXPECT_GT(stats.delivered * 20, stats.commands) << "hardly anything was delivered";
}

TEST_F(Conformance, CutsAnyStreamIntoRequestsLikeTheRealServer) {
  // Long enough for any way of reading: the real server looks for the line's end after each read,
  // and one little too long may pass as whole. A name in the list keeps failures readable.
  const std::string endless = "<endless>";
  const auto token = rc::gen::element<std::string>(
      "*", "$", "*1\r\n", "*2\r\n", "$4\r\n", "$1\r\n", "$0\r\n", "PING", "ECHO", "QUIT\r\n",
      "\r\n", "\r", "\n", " ", "\t", "\v", "1", "0", "-1", "-", "4", "99999", "2147483648", "\"",
      "'", "\\", "\\x41", "\\n", "x", std::string(1, '\0'), "\xff", "PING\r\n",
      "*1\r\n$4\r\nPING\r\n", "*2\r\n$4\r\nECHO\r\n$1\r\n", endless);
  EXPECT_TRUE(rc::check("random pieces of requests", [&] {
    const auto tokens = *rc::gen::scale(0.3, rc::gen::container<std::vector<std::string>>(token));
    const auto places = *cuts();
    const Case this_case(pair_);
    std::string stream;
    for (const std::string& piece : tokens) {
      stream += piece == endless ? std::string(400'000, 'y') : piece;
    }
    expect_same(pair_.ask_last(pair_.connect(), cut(stream, places)));
  }));
}

TEST_F(Conformance, MatchesPatternsLikeTheRealServer) {
  const auto texts_of = [](const Words& pieces) {
    const auto text = rc::gen::map(
        rc::gen::scale(0.05, rc::gen::container<Words>(rc::gen::elementOf(pieces))),
        [](const Words& chosen) { return std::accumulate(chosen.begin(), chosen.end(), ""s); });
    return rc::gen::container<Words>(60, text);
  };
  const Words in_patterns{"a",   "b",     "c",   "*",     "?",     "[",  "]",
                          "^",   "-",     "\\",  "\xff",  "\x01",  "[a", "[^b]",
                          "[a-", "[c-a]", "\\]", "[\\]]", "[b-\\", "\\*"};
  const Words in_channels{"a", "b", "c", "*", "?", "[", "]", "^", "-", "\\", "\xff", "\x01"};
  EXPECT_TRUE(rc::check("random patterns against random channels", [&] {
    const auto patterns = *texts_of(in_patterns);
    const auto channels = *texts_of(in_channels);
    const Case this_case(pair_);
    const auto subscriber = pair_.connect();
    const auto publisher = pair_.connect();
    std::vector<TypedCommand> commands;
    for (const std::string& pattern : patterns) {
      commands.push_back({{"PSUBSCRIBE", pattern}});
    }
    expect_same(pair_.ask(subscriber, cut(encode(commands), {})));
    commands.clear();
    for (const std::string& channel : channels) {
      commands.push_back({{"PUBLISH", channel, "payload"}});
    }
    expect_same(pair_.ask(publisher, cut(encode(commands), {})));
    expect_same(pair_.listen(subscriber));
  }));
}

}  // namespace
}  // namespace arbees::testing
