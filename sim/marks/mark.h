#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

// "Sometimes" marks: something rare that a campaign should have seen. A search that never saw a shard die
// while another one was being moved has not tried that, however green it is. A mark registers itself by being
// used; those that were never hit are listed.

namespace arbees::sim {

/// Whether a campaign of ordinary size is expected to hit a mark.
enum class Rarity : std::uint8_t { common, rare };

struct MarkRow {
  std::string_view text;  ///< a sentence: what happened
  Rarity rarity;
};

/// All marks of the program, in no particular order; complete when main begins.
[[nodiscard]] std::span<const MarkRow> mark_rows();

/// Adds a mark; its number in `mark_rows`. Called by `Mark` before main.
std::size_t register_mark(std::string_view text, Rarity rarity);

/// Counts the hits of one run.
class MarkBoard {
 public:
  MarkBoard() : hits_(mark_rows().size()) {}
  void hit(std::size_t mark) { ++hits_[mark]; }
  /// In the order of `mark_rows`.
  [[nodiscard]] std::span<const std::uint64_t> hits() const { return hits_; }

 private:
  std::vector<std::uint64_t> hits_;
};

/// The text of a mark as a template argument.
template <std::size_t size>
struct MarkText {
  // NOLINTNEXTLINE(google-explicit-constructor): written as a literal.
  consteval MarkText(const char (&literal)[size]) { std::copy_n(literal, size, text); }
  [[nodiscard]] constexpr std::string_view view() const { return {text, size - 1}; }
  char text[size]{};
};

template <MarkText text, Rarity rarity>
struct Mark {
  static inline const std::size_t number = register_mark(text.view(), rarity);
};

/// Notes that it happened, if it did. One text is one mark, wherever it is used.
template <MarkText text, Rarity rarity = Rarity::common>
void sometimes(MarkBoard& board, bool happened) {
  if (happened) {
    board.hit(Mark<text, rarity>::number);
  }
}

}  // namespace arbees::sim
