#include <array>

#include "tests/conformance/command_words.h"

namespace arbees::testing {
namespace {

using Words = std::vector<std::string>;

Words auth(Dice& dice) {
  Words words;
  if (dice.percent(60)) {
    words.push_back(draw_user(dice));
  }
  words.push_back(dice.pick({"x", "limited", "secret", "", "a b"}));
  return words;
}

Words hello(Dice& dice) {
  Words words;
  if (!dice.percent(80)) {
    return words;
  }
  words.push_back(dice.pick({"2", "2", "2", "2", "1", "4", "-3", "02", "x"}));
  const Words options = draw_several(dice, 0, 5, [](Dice& each) {
    return each.pick({"AUTH", "auth", "SETNAME", "setNAME", "default", "default", "me", "a b",
                      "FOO", "limited"});
  });
  words.insert(words.end(), options.begin(), options.end());
  return words;
}

std::string client_name(Dice& dice) {
  return dice.pick({"me", "", "a b", "x\n", "~!", "\x7f", "\xc3\xa9"});
}

Words select(Dice& dice) {
  return {dice.pick(
      {"0", "0", "1", "7", "15", "16", "-1", "01", "x", "", "2147483648", "9223372036854775808"})};
}

Words channels(Dice& dice) { return draw_several(dice, 1, 4, draw_channel); }
Words patterns(Dice& dice) { return draw_several(dice, 1, 4, draw_pattern); }
Words some_channels(Dice& dice) { return draw_several(dice, 0, 3, draw_channel); }
Words some_patterns(Dice& dice) { return draw_several(dice, 0, 3, draw_pattern); }

constexpr std::array connection_table{
    CommandWords{"auth", auth, ReplyForm::exact, Leaves::always},
    CommandWords{"client|getname", no_arguments},
    CommandWords{"client|id", no_arguments},
    CommandWords{"client|setname", [](Dice& dice) { return Words{client_name(dice)}; }},
    CommandWords{"echo", [](Dice& dice) { return Words{draw_bytes(dice)}; }},
    CommandWords{"hello", hello, ReplyForm::exact, Leaves::always},
    CommandWords{"host:", some_channels, ReplyForm::exact, Leaves::always},
    CommandWords{"ping", [](Dice& dice) { return draw_several(dice, 0, 1, draw_bytes); }},
    CommandWords{"post", some_channels, ReplyForm::exact, Leaves::always},
    CommandWords{"psubscribe", patterns, ReplyForm::exact, Leaves::where_it_runs_at_once},
    CommandWords{"publish", [](Dice& dice) { return Words{draw_channel(dice), draw_bytes(dice)}; }},
    CommandWords{"pubsub|channels",
                 [](Dice& dice) { return draw_several(dice, 0, 1, draw_pattern); },
                 ReplyForm::any_order},
    CommandWords{"pubsub|numpat", no_arguments},
    CommandWords{"pubsub|numsub", some_channels},
    CommandWords{"punsubscribe", some_patterns},
    CommandWords{"quit", no_arguments, ReplyForm::exact, Leaves::always},
    CommandWords{"reset", no_arguments, ReplyForm::exact, Leaves::always},
    CommandWords{"select", select},
    CommandWords{"subscribe", channels, ReplyForm::exact, Leaves::where_it_runs_at_once},
    CommandWords{"unsubscribe", some_channels},
};

}  // namespace

std::span<const CommandWords> connection_words() { return connection_table; }

}  // namespace arbees::testing
