#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace arbees::redis {

/// One reply of a Redis server in RESP2, as a plain value.
struct Reply {
  enum class Kind : std::uint8_t {
    nil,
    status,
    error,
    integer,
    bulk,
    oversized,  ///< a bulk string longer than the reader keeps: its bytes were skipped
    array
  };

  Kind kind = Kind::nil;
  std::int64_t integer = 0;     ///< the integer; for `oversized` the announced length in bytes
  std::string text;             ///< of a status, an error or a bulk string
  std::vector<Reply> elements;  ///< of an array

  [[nodiscard]] bool is(Kind wanted) const { return kind == wanted; }
  [[nodiscard]] bool is_status(std::string_view wanted) const {
    return kind == Kind::status && text == wanted;
  }
  friend bool operator==(const Reply&, const Reply&) = default;
};

[[nodiscard]] std::string_view to_string(Reply::Kind kind);

}  // namespace arbees::redis
