#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace arbees::testing {

/// Random choices that follow from one number. Cheaper by far than a rapidcheck generator for each
/// word, of which a run makes millions; what shrinks is the list of commands that comes out.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}

  /// 0..count-1; `count` is not 0.
  [[nodiscard]] std::size_t below(std::size_t count) {
    return static_cast<std::size_t>(next() % count);
  }
  [[nodiscard]] bool percent(unsigned chance) { return next() % 100 < chance; }
  [[nodiscard]] std::string pick(std::initializer_list<std::string_view> words) {
    return std::string(words.begin()[below(words.size())]);
  }

 private:
  /// SplitMix64.
  std::uint64_t next() {
    std::uint64_t mixed = (state_ += 0x9e3779b97f4a7c15U);
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31U);
  }

  std::uint64_t state_;
};

}  // namespace arbees::testing
