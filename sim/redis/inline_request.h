#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace arbees::sim::redis {

/// A piece of some text, by place: stays right when the text moves.
struct Slice {
  std::size_t begin;
  std::size_t size;
};

/// The arguments of a request typed as a line. `text` holds them one after the other.
struct InlineRequest {
  std::string text;
  std::vector<Slice> arguments;
};

/// Splits a line (without its end) at blanks, as a shell would: "..." with \n \r \t \b \a \xHH and
/// any other escaped character itself, '...' with \' only. Quotes may begin inside a word, but end
/// it. None if a quote is left open or is followed by more than a blank. The line holds no NUL.
[[nodiscard]] std::optional<InlineRequest> split_inline_request(std::string_view line);

}  // namespace arbees::sim::redis
