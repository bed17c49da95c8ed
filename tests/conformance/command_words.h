#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/conformance/dice.h"
#include "tests/conformance/sessions.h"

namespace arbees::testing {

/// How far two replies that say the same may differ.
enum class ReplyForm : std::uint8_t {
  exact,
  any_order,        ///< an array in hash order
  pairs_any_order,  ///< an array of names and values in hash order
  seconds,          ///< a number that moves with the clock
  milliseconds,     ///< the same, in its unit
  rules,            ///< access rules, where those about single commands are in hash order
  clock,            ///< the time of day
  lines             ///< a text of lines with fields that are a machine's own
};

/// After which commands a connection's state is another one.
enum class Leaves : std::uint8_t {
  never,
  always,
  where_it_runs_at_once  ///< not in MULTI, where it is put off, nor where it is refused anyway
};

/// What a test knows of a command: how to ask for it, and how to read the reply.
struct CommandWords {
  std::string_view full_name;  ///< as in the model's table: "client|setname"
  /// Sensible arguments, and some that make no sense; without the name.
  std::vector<std::string> (*arguments)(Dice&);
  ReplyForm form = ReplyForm::exact;
  Leaves leaves = Leaves::never;
  /// A random word would stay in force and change what other commands say: it brings its own mistakes.
  bool mangled = true;
};

/// Of commands that take none.
[[nodiscard]] inline std::vector<std::string> no_arguments(Dice& /*dice*/) { return {}; }

[[nodiscard]] std::span<const CommandWords> connection_words();
[[nodiscard]] std::span<const CommandWords> key_words();
[[nodiscard]] std::span<const CommandWords> admin_words();
/// By the name in the model's table; null if the test knows nothing of it.
[[nodiscard]] const CommandWords* find_words(std::string_view full_name);

/// The command in full, upper or lower case: "CLIENT SETNAME x".
[[nodiscard]] std::vector<std::string> draw_command(const CommandWords& words, Dice& dice);
/// The same with something wrong about it: too few words, too many, bytes instead of a word.
void mangle(std::vector<std::string>& words, Dice& dice);

/// Any bytes, mostly few.
[[nodiscard]] std::string draw_bytes(Dice& dice);
[[nodiscard]] std::string draw_channel(Dice& dice);
[[nodiscard]] std::string draw_pattern(Dice& dice);
[[nodiscard]] std::string draw_key(Dice& dice);
[[nodiscard]] std::string draw_user(Dice& dice);

/// `least` to `most` words of one kind.
template <class Draw>
std::vector<std::string> draw_several(Dice& dice, std::size_t least, std::size_t most, Draw draw) {
  std::vector<std::string> words(least + dice.below(most - least + 1));
  for (std::string& word : words) {
    word = draw(dice);
  }
  return words;
}

}  // namespace arbees::testing
