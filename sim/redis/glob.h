#pragma once

#include <string_view>

namespace arbees::sim::redis {

/// Whether `text` fits a Redis glob: `*`, `?`, `[abc]`, `[a-z]`, `[^a]`, and `\` before a character
/// taken literally. Bytes, not characters; case matters.
///
/// The corners are the real server's: an unterminated class ends with the pattern; a range may be
/// written backwards and takes any byte as its end, `]` too; bytes compare signed; nothing but the
/// empty pattern fits the empty text; past 1,000 stars nothing fits.
[[nodiscard]] bool glob_matches(std::string_view pattern, std::string_view text);

}  // namespace arbees::sim::redis
