#include "core/events/json_text.h"

#include <array>
#include <cstdint>

namespace arbees {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

struct Lead {
  std::size_t length;  ///< of the whole character; 0 if the byte cannot begin one
  unsigned char low;   ///< bounds of the second byte: they keep out overlong forms and surrogates
  unsigned char high;
};

constexpr Lead lead_of(unsigned char byte) {
  if (byte < 0x80)
    return {1, 0, 0};
  if (byte < 0xC2)
    return {0, 0, 0};
  if (byte < 0xE0)
    return {2, 0x80, 0xBF};
  if (byte == 0xE0)
    return {3, 0xA0, 0xBF};
  if (byte == 0xED)
    return {3, 0x80, 0x9F};
  if (byte < 0xF0)
    return {3, 0x80, 0xBF};
  if (byte == 0xF0)
    return {4, 0x90, 0xBF};
  if (byte < 0xF4)
    return {4, 0x80, 0xBF};
  if (byte == 0xF4)
    return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

/// How many bytes at the front agree with a character that begins with `lead`.
std::size_t agreeing_bytes(std::string_view text, const Lead& lead) {
  std::size_t count = 1;
  while (count < lead.length && count < text.size()) {
    const auto byte = static_cast<unsigned char>(text[count]);
    const unsigned char low = count == 1 ? lead.low : 0x80;
    const unsigned char high = count == 1 ? lead.high : 0xBF;
    if (byte < low || byte > high)
      break;
    ++count;
  }
  return count;
}

constexpr bool is_plain(unsigned char byte) {
  return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

void append_escape(std::string& out, unsigned char byte) {
  switch (byte) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  out += "\\u00";
  out += hex_digits[byte >> 4U];
  out += hex_digits[byte & 0xFU];
}

}  // namespace

std::size_t utf8_length(std::string_view text) {
  if (text.empty())
    return 0;
  const Lead lead = lead_of(static_cast<unsigned char>(text.front()));
  if (lead.length == 0)
    return 0;
  return agreeing_bytes(text, lead) == lead.length ? lead.length : 0;
}

std::size_t ill_formed_length(std::string_view text) {
  const Lead lead = lead_of(static_cast<unsigned char>(text.front()));
  return lead.length == 0 ? 1 : agreeing_bytes(text, lead);
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t at = 0;
  while (at < text.size()) {
    // Nearly every name is plain ASCII: copy such runs at once.
    std::size_t end = at;
    while (end < text.size() && is_plain(static_cast<unsigned char>(text[end])))
      ++end;
    out.append(text, at, end - at);
    at = end;
    if (at == text.size())
      break;

    const auto byte = static_cast<unsigned char>(text[at]);
    const std::string_view rest = text.substr(at);
    if (byte < 0x80) {
      append_escape(out, byte);
      ++at;
    } else if (const std::size_t length = utf8_length(rest); length > 0) {
      out.append(rest, 0, length);
      at += length;
    } else {
      out += replacement;
      at += ill_formed_length(rest);
    }
  }
  out += '"';
}

void append_json_milliseconds(std::string& out, Duration value) {
  const std::int64_t ns = value.count();
  // Negated as unsigned: the smallest duration has no positive twin.
  const std::uint64_t size =
      ns < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(ns) : static_cast<std::uint64_t>(ns);
  if (ns < 0)
    out += '-';
  out += std::to_string(size / 1'000'000);
  std::uint64_t rest = size % 1'000'000;
  if (rest == 0)
    return;
  std::array<char, 6> digits{};
  for (std::size_t i = digits.size(); i-- > 0; rest /= 10) {
    digits[i] = static_cast<char>('0' + rest % 10);
  }
  std::size_t length = digits.size();
  while (digits[length - 1] == '0')
    --length;
  out += '.';
  out.append(digits.data(), length);
}

}  // namespace arbees
