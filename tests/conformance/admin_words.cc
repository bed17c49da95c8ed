#include <array>

#include "tests/conformance/command_words.h"

namespace arbees::testing {
namespace {

using Words = std::vector<std::string>;

Words user(Dice& dice) { return {draw_user(dice)}; }

/// Never "default": what that may do decides what every new connection may.
std::string other_user(Dice& dice) { return dice.pick({"ann", "bob", "limited", "x y"}); }

std::string rule(Dice& dice) {
  return dice.pick({"on",
                    "off",
                    ">secret",
                    ">limited",
                    "<secret",
                    "nopass",
                    "resetpass",
                    "~*",
                    "~k*",
                    "resetkeys",
                    "allkeys",
                    "&*",
                    "&news.*",
                    "resetchannels",
                    "allchannels",
                    "+ping",
                    "+publish",
                    "-@all",
                    "reset",
                    "+foo",
                    "foo",
                    "nocommands",
                    "#zz",
                    "+@nothing",
                    "sanitize-payload",
                    "clearselectors"});
}

Words set_user(Dice& dice) {
  Words words{other_user(dice)};
  const Words rules = draw_several(dice, 0, 4, rule);
  words.insert(words.end(), rules.begin(), rules.end());
  return words;
}

Words dry_run(Dice& dice) {
  Words words{draw_user(dice)};
  const Words command = dice.percent(50) ? Words{"GET", draw_key(dice)}
                                         : Words{dice.pick({"PUBLISH", "SET", "foo", "client"}),
                                                 draw_channel(dice), draw_bytes(dice)};
  words.insert(words.end(), command.begin(), command.end());
  return words;
}

Words client_kill(Dice& dice) {
  if (dice.percent(30)) {
    return {dice.pick({"127.0.0.1:1", "x", ""})};
  }
  Words words;
  const std::size_t filters = 1 + dice.below(2);
  for (std::size_t i = 0; i < filters; ++i) {
    switch (dice.below(6)) {
      case 0:
        words.insert(words.end(), {"ID", dice.pick({"1", "999999999", "0", "-1", "x"})});
        break;
      case 1:
        words.insert(words.end(), {"TYPE", dice.pick({"pubsub", "master", "replica", "x"})});
        break;
      case 2: words.insert(words.end(), {"USER", dice.pick({"limited", "nobody", "ann"})}); break;
      case 3: words.insert(words.end(), {"ADDR", dice.pick({"127.0.0.1:1", "x"})}); break;
      case 4: words.insert(words.end(), {"LADDR", dice.pick({"127.0.0.1:1", "x"})}); break;
      default: words.insert(words.end(), {"SKIPME", dice.pick({"yes", "YES", "x"})});
    }
  }
  // Filters that fit everybody would end the test's own connections.
  return words[0] == "SKIPME" ? Words{"ID", "999999999"} : words;
}

Words client_list(Dice& dice) {
  switch (dice.below(4)) {
    case 0: return {"TYPE", dice.pick({"normal", "pubsub", "master", "replica", "x"})};
    case 1: return {"ID", dice.pick({"1", "999999999", "0", "x"})};
    case 2: return {dice.pick({"FOO", "ID", "TYPE"})};
    default: return {};
  }
}

std::string setting(Dice& dice) {
  return dice.pick({"maxmemory", "maxclients", "timeout", "databases", "maxmemory-policy",
                    "appendonly", "save", "no-such-setting", "*such*", "requirepass"});
}

std::string command_name(Dice& dice) {
  return dice.pick({"get", "SET", "ping", "publish", "client|id", "client", "foo", "subscribe"});
}

Words any_of_command(Dice& dice) {
  return dice.percent(50) ? Words{"GET", draw_key(dice)}
                          : Words{dice.pick({"SET", "PING", "foo", "MGET", "DEL", "PUBLISH"}),
                                  draw_key(dice), draw_bytes(dice)};
}

Words set_config(Dice& dice) {
  Words words{dice.pick({"no-such-setting", "databases", "maxmemory", "timeout"}),
              dice.pick({"0", "x", ""})};
  if (dice.percent(20)) {
    words.resize(1 + 2 * dice.below(2), "maxclients");
  }
  return words;
}

constexpr std::array admin_table{
    CommandWords{"acl|cat",
                 [](Dice& dice) {
                   return draw_several(dice, 0, 1, [](Dice& each) {
                     return each.pick({"read", "connection", "pubsub", "nothing"});
                   });
                 },
                 ReplyForm::any_order},
    CommandWords{"acl|deluser",
                 [](Dice& dice) {
                   return draw_several(dice, 1, 2, [](Dice& each) {
                     return each.pick({"ann", "bob", "nobody", "default"});
                   });
                 }},
    CommandWords{"acl|dryrun", dry_run},
    CommandWords{"acl|getuser", user, ReplyForm::rules},
    CommandWords{"acl|list", no_arguments, ReplyForm::rules},
    CommandWords{"acl|setuser", set_user},
    CommandWords{"acl|users", no_arguments, ReplyForm::any_order},
    CommandWords{"acl|whoami", no_arguments},
    CommandWords{"client|info", no_arguments, ReplyForm::lines},
    CommandWords{"client|kill", client_kill, ReplyForm::exact, Leaves::always},
    CommandWords{"client|list", client_list, ReplyForm::lines},
    CommandWords{"client|no-evict",
                 [](Dice& dice) { return Words{dice.pick({"on", "OFF", "x"})}; }},
    CommandWords{"client|pause",
                 [](Dice& dice) { return Words{dice.pick({"x", "-1", "9223372036854775808"})}; }},
    // Replies that do not come leave nothing to compare: RedisOperating.KeepsQuietWhenToldTo.
    CommandWords{"client|reply", [](Dice& dice) { return Words{dice.pick({"x", "", "onn"})}; }},
    CommandWords{"client|unblock",
                 [](Dice& dice) { return Words{dice.pick({"1", "99999", "x"})}; }},
    CommandWords{"client|unpause", no_arguments},
    CommandWords{"command", no_arguments},
    CommandWords{"command|count", no_arguments},
    CommandWords{"command|docs", [](Dice& dice) { return Words{command_name(dice)}; }},
    CommandWords{"command|getkeys", any_of_command},
    CommandWords{"command|info", [](Dice& dice) { return draw_several(dice, 1, 3, command_name); }},
    CommandWords{"command|list", [](Dice& dice) { return Words{dice.pick({"x", "FILTERBY"})}; }},
    CommandWords{"config|get", [](Dice& dice) { return draw_several(dice, 1, 2, setting); },
                 ReplyForm::pairs_any_order},
    CommandWords{"config|resetstat", no_arguments},
    CommandWords{"config|set", set_config, ReplyForm::exact, Leaves::never, false},
    CommandWords{"info", [](Dice& dice) { return Words{dice.pick({"server", "all", "x"})}; }},
    CommandWords{"readonly", no_arguments},
    CommandWords{"readwrite", no_arguments},
    CommandWords{"role", no_arguments},
    CommandWords{"time", no_arguments},
};

}  // namespace

std::span<const CommandWords> admin_words() { return admin_table; }

}  // namespace arbees::testing
