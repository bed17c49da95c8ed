#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace arbees::sim::redis {

// RESP2 replies, appended to what a client is sent.

/// `text` must not contain a line end.
void append_status(std::string& out, std::string_view text);
/// `text` begins with the error's code, e.g. "ERR ". Line ends within it become blanks, those at its
/// end are left out: it may quote
/// the client, and a reply ends with its line.
void append_error(std::string& out, std::string_view text);
void append_integer(std::string& out, std::int64_t value);
void append_bulk(std::string& out, std::string_view bytes);
void append_null_bulk(std::string& out);
/// What EXEC says when it did nothing.
void append_null_array(std::string& out);
/// `count` replies follow.
void append_array(std::string& out, std::uint64_t count);

}  // namespace arbees::sim::redis
