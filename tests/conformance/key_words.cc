#include <array>

#include "tests/conformance/command_words.h"

namespace arbees::testing {
namespace {

using Words = std::vector<std::string>;

Words key(Dice& dice) { return {draw_key(dice)}; }
Words keys(Dice& dice) { return draw_several(dice, 1, 4, draw_key); }

std::string number(Dice& dice) {
  return dice.pick({"0", "1", "-1", "17", "100", "-7", "9223372036854775807",
                    "-9223372036854775808", "9223372036854775808", "1.5", "x", "", " 1"});
}

std::string value(Dice& dice) { return dice.percent(40) ? number(dice) : draw_bytes(dice); }

/// Long past or far ahead, so that no reply depends on how fast a machine is.
std::string seconds_ahead(Dice& dice) {
  return dice.pick({"100000", "200000", "1000000", "0", "-1", "-100000", "x", "9223372036854775807",
                    "9223372036854775", "", "1.0"});
}

std::string milliseconds_ahead(Dice& dice) {
  return dice.pick({"100000000", "250000000", "1000000500", "0", "-1", "-100000", "x",
                    "9223372036854775807", "-9223372036854775808", ""});
}

std::string second(Dice& dice) {
  return dice.pick({"33177117420", "33177117421", "1", "1000000000", "0", "-1", "x",
                    "9223372036854775807", "9223372036854775"});
}

std::string millisecond(Dice& dice) {
  return dice.pick({"33177117420000", "33177117420001", "1", "1000000000000", "0", "-1", "x",
                    "9223372036854775807"});
}

void add_deadline(Words& words, Dice& dice) {
  switch (dice.below(4)) {
    case 0: words.insert(words.end(), {dice.pick({"EX", "ex"}), seconds_ahead(dice)}); break;
    case 1: words.insert(words.end(), {dice.pick({"PX", "px"}), milliseconds_ahead(dice)}); break;
    case 2: words.insert(words.end(), {"EXAT", second(dice)}); break;
    default: words.insert(words.end(), {"PXAT", millisecond(dice)});
  }
}

Words set(Dice& dice) {
  Words words{draw_key(dice), value(dice)};
  if (dice.percent(30)) {
    words.push_back(dice.pick({"NX", "XX", "nx", "xx", "GET", "FOO"}));
  }
  if (dice.percent(40)) {
    add_deadline(words, dice);
  }
  if (dice.percent(20)) {
    words.push_back(dice.pick({"GET", "KEEPTTL", "get", "NX", "XX", "EX"}));
  }
  return words;
}

Words getex(Dice& dice) {
  Words words{draw_key(dice)};
  if (dice.percent(20)) {
    words.push_back(dice.pick({"PERSIST", "persist", "FOO", "EX"}));
  }
  if (dice.percent(60)) {
    add_deadline(words, dice);
  }
  return words;
}

Words set_pairs(Dice& dice) {
  Words words;
  const std::size_t pairs = 1 + dice.below(3);
  for (std::size_t i = 0; i < pairs; ++i) {
    words.insert(words.end(), {draw_key(dice), value(dice)});
  }
  return words;
}

template <std::string (*when)(Dice&)>
Words expire(Dice& dice) {
  Words words{draw_key(dice), when(dice)};
  if (dice.percent(40)) {
    words.push_back(dice.pick({"NX", "XX", "GT", "LT", "nx", "FOO"}));
  }
  if (dice.percent(10)) {
    words.push_back(dice.pick({"NX", "XX", "GT", "LT"}));
  }
  return words;
}

Words add_number(Dice& dice) { return {draw_key(dice), number(dice)}; }

std::string position(Dice& dice) {
  return dice.pick({"0", "1", "2", "-1", "-2", "5", "100", "-100", "x", "9223372036854775807",
                    "-9223372036854775808", ""});
}

Words rename(Dice& dice) { return {draw_key(dice), draw_key(dice)}; }

Words copy(Dice& dice) {
  Words words{draw_key(dice), draw_key(dice)};
  if (dice.percent(30)) {
    words.insert(words.end(), {"DB", dice.pick({"0", "1", "16", "x"})});
  }
  if (dice.percent(40)) {
    words.push_back(dice.pick({"REPLACE", "FOO"}));
  }
  return words;
}

Words flush(Dice& dice) {
  return draw_several(dice, 0, 1,
                      [](Dice& each) { return each.pick({"SYNC", "ASYNC", "sync", "x"}); });
}

constexpr std::array key_table{
    CommandWords{"append", [](Dice& dice) { return Words{draw_key(dice), value(dice)}; }},
    CommandWords{"copy", copy},
    CommandWords{"dbsize", no_arguments},
    CommandWords{"decr", key},
    CommandWords{"decrby", add_number},
    CommandWords{"del", keys},
    CommandWords{"discard", no_arguments, ReplyForm::exact, Leaves::always},
    CommandWords{"exec", no_arguments, ReplyForm::exact, Leaves::always},
    CommandWords{"exists", keys},
    CommandWords{"expire", expire<seconds_ahead>},
    CommandWords{"expireat", expire<second>},
    CommandWords{"expiretime", key, ReplyForm::seconds},
    CommandWords{"flushall", flush},
    CommandWords{"flushdb", flush},
    CommandWords{"get", key},
    CommandWords{"getdel", key},
    CommandWords{"getex", getex},
    CommandWords{"getrange",
                 [](Dice& dice) { return Words{draw_key(dice), position(dice), position(dice)}; }},
    CommandWords{"getset", [](Dice& dice) { return Words{draw_key(dice), value(dice)}; }},
    CommandWords{"incr", key},
    CommandWords{"incrby", add_number},
    CommandWords{"incrbyfloat",
                 [](Dice& dice) {
                   return Words{draw_key(dice), dice.pick({"1", "1.5", "-0.25", "3e2", "x", ""})};
                 }},
    CommandWords{"keys",
                 [](Dice& dice) { return Words{dice.percent(50) ? "*" : draw_pattern(dice)}; },
                 ReplyForm::any_order},
    CommandWords{"mget", keys},
    CommandWords{"mset", set_pairs},
    CommandWords{"msetnx", set_pairs},
    CommandWords{"multi", no_arguments, ReplyForm::exact, Leaves::where_it_runs_at_once},
    CommandWords{"persist", key},
    CommandWords{"pexpire", expire<milliseconds_ahead>},
    CommandWords{"pexpireat", expire<millisecond>},
    CommandWords{"pexpiretime", key, ReplyForm::milliseconds},
    CommandWords{
        "psetex",
        [](Dice& dice) { return Words{draw_key(dice), milliseconds_ahead(dice), value(dice)}; }},
    CommandWords{"pttl", key, ReplyForm::milliseconds},
    CommandWords{"rename", rename},
    CommandWords{"renamenx", rename},
    CommandWords{
        "setex",
        [](Dice& dice) { return Words{draw_key(dice), seconds_ahead(dice), value(dice)}; }},
    CommandWords{"set", set},
    CommandWords{"setnx", [](Dice& dice) { return Words{draw_key(dice), value(dice)}; }},
    CommandWords{"setrange",
                 [](Dice& dice) {
                   return Words{draw_key(dice),
                                dice.pick({"0", "1", "7", "40", "-1", "x", "536870912"}),
                                value(dice)};
                 }},
    CommandWords{"strlen", key},
    CommandWords{"substr",
                 [](Dice& dice) { return Words{draw_key(dice), position(dice), position(dice)}; }},
    CommandWords{"time", no_arguments, ReplyForm::clock},
    CommandWords{"touch", keys},
    CommandWords{"ttl", key, ReplyForm::seconds},
    CommandWords{"type", key},
    CommandWords{"unlink", keys},
    CommandWords{"unwatch", no_arguments},
    CommandWords{"watch", keys},
};

}  // namespace

std::span<const CommandWords> key_words() { return key_table; }

}  // namespace arbees::testing
