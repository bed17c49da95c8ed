#include "sim/cli/seeds.h"

#include <algorithm>
#include <charconv>

#include "core/settings/decimal.h"

namespace arbees::sim {
namespace {

constexpr std::size_t commit_digits = 40;
constexpr std::size_t seed_digits = 16;

std::optional<std::uint64_t> parse_hexadecimal(std::string_view digits) {
  std::uint64_t value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) {
    return std::nullopt;
  }
  return value;
}

bool is_commit(std::string_view text) {
  const auto is_digit = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  };
  return text.size() == commit_digits && std::ranges::all_of(text, is_digit);
}

}  // namespace

std::optional<std::uint64_t> parse_seed(std::string_view text) {
  if (is_commit(text)) {
    return parse_hexadecimal(text.substr(0, seed_digits));
  }
  if (text.starts_with("0x") || text.starts_with("0X")) {
    const std::string_view digits = text.substr(2);
    return digits.starts_with('-') ? std::nullopt : parse_hexadecimal(digits);
  }
  return parse_count(text);
}

std::optional<SeedRange> parse_seeds(std::string_view text) {
  const std::size_t dots = text.find("..");
  if (dots == std::string_view::npos) {
    return std::nullopt;
  }
  const std::optional<std::uint64_t> first = parse_seed(text.substr(0, dots));
  const std::optional<std::uint64_t> last = parse_seed(text.substr(dots + 2));
  if (!first || !last || *first > *last) {
    return std::nullopt;
  }
  return SeedRange{*first, *last};
}

}  // namespace arbees::sim
