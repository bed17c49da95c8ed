#include "core/settings/nearest_word.h"

#include <algorithm>
#include <vector>

namespace arbees {
namespace {

/// Words longer than this are not compared: the cost grows with the product of the lengths, and
/// `given` may come from a hostile file.
constexpr std::size_t longest_word = 64;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Optimal string alignment distance, three rows at a time.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) {
    last[j] = j;
  }
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0U : 1U)});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
          lower(a[i - 2]) == lower(b[j - 1])) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace

std::string_view nearest_word(std::string_view given, std::span<const std::string_view> words) {
  std::string_view best;
  std::size_t best_distance = 0;
  if (given.empty() || given.size() > longest_word) {
    return best;
  }
  for (const std::string_view word : words) {
    const std::size_t far = distance(given, word);
    const std::size_t allowed = std::max<std::size_t>(1, std::max(given.size(), word.size()) / 3);
    if (far <= allowed && (best.empty() || far < best_distance)) {
      best = word;
      best_distance = far;
    }
  }
  return best;
}

std::string suggestion(std::string_view given, std::span<const std::string_view> words) {
  if (const std::string_view near = nearest_word(given, words); !near.empty()) {
    return "; did you mean \"" + std::string(near) + "\"?";
  }
  std::string text = "; expected one of: ";
  for (std::size_t i = 0; i < words.size(); ++i) {
    text += i == 0 ? "" : ", ";
    text += words[i];
  }
  return text;
}

}  // namespace arbees
