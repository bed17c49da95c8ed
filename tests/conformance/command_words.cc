#include "tests/conformance/command_words.h"
#include "sim/redis/text.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace arbees::testing {
namespace {

constexpr char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c & ~0x20) : c; }

std::string in_some_case(std::string_view name, Dice& dice) {
  std::string out(name);
  if (!dice.percent(15)) {
    std::ranges::transform(out, out.begin(), upper);
  }
  return out;
}

void put_something_wrong(std::vector<std::string>& words, Dice& dice) {
  switch (dice.below(4)) {
    case 0: words.resize(1 + dice.below(words.size())); break;
    case 1:
      for (std::string& word : draw_several(dice, 1, 3, draw_bytes)) {
        words.push_back(std::move(word));
      }
      break;
    case 2: words[dice.below(words.size())] = draw_bytes(dice); break;
    default:
      // The name stays: another one could be a command that only the real server has.
      std::swap(words[words.size() == 1 ? 0 : 1 + dice.below(words.size() - 1)], words.back());
  }
}

bool sets_an_end(const std::string& word) {
  static constexpr std::array names{"EX", "PX", "EXPIRE", "PEXPIRE", "SETEX", "PSETEX"};
  return std::ranges::any_of(
      names, [&](std::string_view name) { return sim::redis::equals_ignoring_case(word, name); });
}

/// Whether a key with this many milliseconds or seconds to go could end before the case does: at the
/// two servers not at the same moment.
bool comes_while_tested(const std::string& word) {
  constexpr std::size_t most_digits = 5;
  return !word.empty() && word.size() <= most_digits && word.front() != '0' &&
         word.find_first_not_of("0123456789") == std::string::npos;
}

}  // namespace

const CommandWords* find_words(std::string_view full_name) {
  for (const auto table : {connection_words(), key_words(), admin_words()}) {
    const auto found = std::ranges::find(table, full_name, &CommandWords::full_name);
    if (found != table.end()) {
      return &*found;
    }
  }
  return nullptr;
}

std::vector<std::string> draw_command(const CommandWords& words, Dice& dice) {
  const std::size_t bar = words.full_name.find('|');
  std::vector<std::string> all{in_some_case(words.full_name.substr(0, bar), dice)};
  if (bar != std::string_view::npos) {
    all.push_back(in_some_case(words.full_name.substr(bar + 1), dice));
  }
  const std::vector<std::string> arguments = words.arguments(dice);
  all.insert(all.end(), arguments.begin(), arguments.end());
  return all;
}

void mangle(std::vector<std::string>& words, Dice& dice) {
  put_something_wrong(words, dice);
  if (std::ranges::any_of(words, sets_an_end)) {
    std::ranges::replace_if(words, comes_while_tested, "x");
  }
}

std::string draw_bytes(Dice& dice) {
  if (dice.percent(60)) {
    return dice.pick({"", "x", "17", "a b", std::string_view("a\0b", 3), "\r\n", "-1", "\xff\xfe"});
  }
  std::string bytes(dice.below(dice.percent(3) ? 3'000 : 12), 'p');
  for (char& byte : bytes) {
    byte = static_cast<char>(dice.below(256));
  }
  return bytes;
}

std::string draw_channel(Dice& dice) {
  return dice.pick({"a", "b", "c", "ab", "news.1", "news.2", "", "a b", "[a]"});
}

std::string draw_pattern(Dice& dice) {
  return dice.pick({"*", "a*", "?", "[ab]", "[^a]", "news.*", "*.[1-9]", "\\[a\\]", "a", "", "**",
                    "a?b", "[b-"});
}

std::string draw_key(Dice& dice) { return dice.pick({"k", "k", "key:1", "key:2", "a", "", "n"}); }

std::string draw_user(Dice& dice) { return dice.pick({"default", "limited", "ann", "bob", "me"}); }

}  // namespace arbees::testing
