#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace arbees::redis {

/// Appends one command to `out` as an array of bulk strings, the form every server accepts; words may
/// hold any bytes. `words` must not be empty.
void append_command(std::string& out, std::span<const std::string_view> words);
void append_command(std::string& out, std::initializer_list<std::string_view> words);

}  // namespace arbees::redis
