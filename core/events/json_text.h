#pragma once

#include <string>
#include <string_view>

#include "core/base/time.h"

namespace arbees {

/// By the value of four bits.
inline constexpr std::string_view hex_digits = "0123456789abcdef";

/// Length of the well-formed UTF-8 character at the front of `text` (1 to 4), or 0 if the bytes there
/// are none: a stray or missing continuation, an overlong form, a surrogate, above U+10FFFF.
[[nodiscard]] std::size_t utf8_length(std::string_view text);

/// How many bytes at the front of ill-formed `text` stand for one U+FFFD: the longest beginning of a
/// well-formed character, else one byte (Unicode 15 section 3.9, "maximal subparts").
[[nodiscard]] std::size_t ill_formed_length(std::string_view text);

/// Appends `text` as a JSON string with its quotes. Valid JSON for any bytes: ill-formed UTF-8 becomes
/// U+FFFD. The same bytes as nlohmann's `dump` with `error_handler_t::replace`, which a test compares.
void append_json_string(std::string& out, std::string_view text);

/// Appends a span as milliseconds: an exact decimal made from integers, at most six decimals and no
/// trailing zeros (`60000`, `0.25`, `-0.000001`).
void append_json_milliseconds(std::string& out, Duration value);

}  // namespace arbees
