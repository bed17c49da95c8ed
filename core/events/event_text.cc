#include "core/events/event_text.h"

#include <algorithm>
#include <array>

#include "core/events/json_text.h"

namespace arbees {
namespace {

void append_byte_escape(std::string& out, unsigned char byte) {
  switch (byte) {
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  out += "\\x";
  out += hex_digits[byte >> 4U];
  out += hex_digits[byte & 0xFU];
}

char32_t decode(std::string_view character) {
  const auto lead = static_cast<unsigned char>(character.front());
  char32_t code = character.size() == 1 ? lead : lead & (0x7FU >> character.size());
  for (const char c : character.substr(1)) {
    code = (code << 6U) | (static_cast<unsigned char>(c) & 0x3FU);
  }
  return code;
}

void append_code_escape(std::string& out, char32_t code) {
  const bool wide = code > 0xFFFF;
  out += wide ? "\\U" : "\\u";
  for (int shift = wide ? 28 : 12; shift >= 0; shift -= 4) {
    out += hex_digits[(code >> static_cast<unsigned>(shift)) & 0xFU];
  }
}

/// Characters that change how their neighbours are shown: C1 controls, zero width and directional
/// marks, line separators, embeddings and isolates, the byte order mark.
constexpr bool is_treacherous(char32_t code) {
  return (code >= 0x80 && code <= 0x9F) || (code >= 0x200B && code <= 0x200F) ||
         (code >= 0x2028 && code <= 0x202E) || (code >= 0x2060 && code <= 0x206F) ||
         code == 0x061C || code == 0xFEFF || (code >= 0xE0000 && code <= 0xE007F);
}

/// True for text that reads as one word: a name, a number, a word.
bool is_one_word(std::string_view text) {
  constexpr std::string_view signs = " \"\\=[](),";
  return !text.empty() && text.find_first_of(signs) == std::string_view::npos;
}

void append_value(std::string& out, std::string_view text, Charset charset) {
  if (is_one_word(text)) {
    append_visible(out, text, charset);
    return;
  }
  out += '"';
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find_first_of("\"\\", at), text.size());
    append_visible(out, text.substr(at, end - at), charset);
    if (end < text.size()) {
      out += '\\';
      out += text[end];
    }
    at = end + 1;
  }
  out += '"';
}

}  // namespace

void append_visible(std::string& out, std::string_view text, Charset charset) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) {
      append_byte_escape(out, static_cast<unsigned char>(text.front()));
      text.remove_prefix(1);
      continue;
    }
    const std::string_view character = text.substr(0, length);
    const char32_t code = decode(character);
    if (code < 0x20 || code == 0x7F) {
      append_byte_escape(out, static_cast<unsigned char>(code));
    } else if (code > 0x7F && (charset == Charset::ascii || is_treacherous(code))) {
      append_code_escape(out, code);
    } else {
      out += character;
    }
    text.remove_prefix(length);
  }
}

void append_human_duration(std::string& out, Duration value) {
  struct Unit {
    std::uint64_t ns;
    std::string_view name;
  };
  static constexpr std::array<Unit, 4> units{
      {{1'000'000'000, "s"}, {1'000'000, "ms"}, {1'000, "us"}, {1, "ns"}}};
  const std::int64_t ns = value.count();
  const std::uint64_t size =
      ns < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(ns) : static_cast<std::uint64_t>(ns);
  if (size == 0) {
    out += "0s";
    return;
  }
  const Unit unit = *std::ranges::find_if(units, [size](const Unit& u) { return size >= u.ns; });
  if (ns < 0)
    out += '-';
  out += std::to_string(size / unit.ns);
  std::uint64_t rest = size % unit.ns;
  if (rest > 0) {
    out += '.';
    for (std::uint64_t place = unit.ns / 10; rest > 0; place /= 10) {
      out += static_cast<char>('0' + rest / place);
      rest %= place;
    }
  }
  out += unit.name;
}

void TextFields::key(std::string_view field) {
  out_ += ' ';
  out_ += field;
  out_ += '=';
}

void TextFields::text(std::string_view field, std::string_view value) {
  key(field);
  append_value(out_, value, charset_);
}

void TextFields::count(std::string_view field, std::uint64_t value) {
  key(field);
  out_ += std::to_string(value);
}

void TextFields::flag(std::string_view field, bool value) {
  key(field);
  out_ += value ? "yes" : "no";
}

void TextFields::duration(std::string_view field, Duration value) {
  key(field);
  append_human_duration(out_, value);
}

void TextFields::moment(std::string_view field, MonoTime value) {
  key(field);
  out_ += '@';
  append_human_duration(out_, value.time_since_epoch());
}

void TextFields::texts(std::string_view field, std::span<const std::string_view> values) {
  key(field);
  if (longest_list_ > 0 && values.size() > longest_list_) {
    out_ += '(' + std::to_string(values.size()) + ')';
    return;
  }
  out_ += '[';
  bool first = true;
  for (const std::string_view value : values) {
    if (!first)
      out_ += ',';
    first = false;
    append_value(out_, value, charset_);
  }
  out_ += ']';
}

std::string event_text(const EventView& event, Charset charset) {
  std::string out(event.name());
  TextFields fields(out, charset);
  event.visit(fields);
  return out;
}

}  // namespace arbees
