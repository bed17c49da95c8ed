#pragma once

#include <span>
#include <string>
#include <string_view>

namespace arbees {

/// The word of `words` that `given` was most likely meant to be, by edit distance (an inserted, dropped,
/// replaced letter or two swapped neighbours count 1), ignoring case. Empty if none is near: more than
/// a third of its letters differ. With equal distances the first one wins.
[[nodiscard]] std::string_view nearest_word(std::string_view given,
                                            std::span<const std::string_view> words);

/// "; did you mean \"…\"?" if a word is near, else "; expected one of: …".
[[nodiscard]] std::string suggestion(std::string_view given,
                                     std::span<const std::string_view> words);

}  // namespace arbees
