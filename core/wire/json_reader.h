#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace arbees::wire {

/// Larger messages are refused unread (docs/wire.md).
inline constexpr std::size_t message_bytes_max = 1U << 20U;

/// Larger integers are no integers to us: a term or an epoch near 2^53 could not be counted on from,
/// and would be rounded by other readers.
inline constexpr std::uint64_t message_integer_max = std::uint64_t{1} << 52U;

/// Where a value stands: a member of the message's object, or one level below it.
struct JsonPlace {
  std::string_view key;  ///< of the outermost object
  std::string_view
      inner;              ///< of the object under `key`; empty in an array and directly under `key`
  bool in_array = false;  ///< an element of the array under `key`
};

enum class JsonContainer : std::uint8_t { object, array };

/// Receives the values of one message. Returning false refuses the message: the reader then says that
/// the value at this place is not what is expected there.
///
/// Values that `JsonPlace` cannot name are skipped: deeper ones, and those under an empty name below the
/// first level. Our messages have none.
class JsonVisitor {
 public:
  virtual ~JsonVisitor() = default;
  virtual bool text(const JsonPlace& place, std::string_view value) = 0;
  virtual bool integer(const JsonPlace& place, std::uint64_t value) = 0;
  virtual bool flag(const JsonPlace& place, bool value) = 0;
  /// A number that is negative, has a fraction or is above `message_integer_max`. Says nothing to us unless a visitor wants it.
  virtual bool other_number(const JsonPlace& /*place*/) { return true; }
  virtual bool null(const JsonPlace& /*place*/) { return true; }
  /// A container begins under `place.key`. If the key comes twice the last one holds, as in the
  /// readers of the existing system: collected elements are to be forgotten here.
  virtual bool begins(const JsonPlace& place, JsonContainer container) = 0;
};

/// Reads one JSON object (RFC 8259) without building a document. The error says what is wrong, where.
[[nodiscard]] std::expected<void, std::string> read_json(std::string_view message,
                                                         JsonVisitor& visitor);

}  // namespace arbees::wire
