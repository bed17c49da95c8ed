#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/events/event.h"

namespace arbees {

/// Which characters may go to a terminal or a log as they are.
enum class Charset : std::uint8_t { ascii, utf8 };

/// Appends fields as people read them: ` shard=shard-1 silent=60s games=[g1,g2]`, a space before each.
/// Text with spaces or signs of this notation is quoted. Nothing that comes from outside can move the
/// cursor, start a line or reorder what is read: control and bidirectional characters, ill-formed UTF-8
/// (and with `Charset::ascii` all else above 7 bits) are shown as `\n`, `\x1b`, `\u202e`.
class TextFields final : public FieldVisitor {
 public:
  /// Lists longer than `longest_list` are shortened to their length: `games=(12)`. 0: never.
  TextFields(std::string& out, Charset charset, std::size_t longest_list = 0)
      : out_(out), charset_(charset), longest_list_(longest_list) {}

  void text(std::string_view field, std::string_view value) override;
  void count(std::string_view field, std::uint64_t value) override;
  void flag(std::string_view field, bool value) override;
  void duration(std::string_view field, Duration value) override;
  void moment(std::string_view field, MonoTime value) override;
  void texts(std::string_view field, std::span<const std::string_view> values) override;

 private:
  void key(std::string_view field);

  std::string& out_;
  Charset charset_;
  std::size_t longest_list_;
};

/// One event on one line: `shard_died shard=shard-1 silent=60s games=[g1,g2]`.
[[nodiscard]] std::string event_text(const EventView& event, Charset charset = Charset::utf8);

/// Appends `text` with everything escaped that is not a visible character of the charset, without quotes.
void append_visible(std::string& out, std::string_view text, Charset charset);

/// Appends a span in the largest unit that keeps it at 1 or more, exact: `60s`, `1.5s`, `250ms`, `-3us`.
void append_human_duration(std::string& out, Duration value);

}  // namespace arbees
