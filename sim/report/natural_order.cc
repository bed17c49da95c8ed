#include "sim/report/natural_order.h"

#include <algorithm>

namespace arbees::sim {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The run of digits at the front, without leading zeros.
std::string_view take_number(std::string_view& text) {
  const auto end = std::ranges::find_if_not(text, is_digit);
  std::string_view digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(digits.size());
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
  return digits;
}

}  // namespace

bool natural_less(std::string_view a, std::string_view b) {
  const std::string_view whole_a = a;
  const std::string_view whole_b = b;
  while (!a.empty() && !b.empty()) {
    if (is_digit(a.front()) && is_digit(b.front())) {
      const std::string_view x = take_number(a);
      const std::string_view y = take_number(b);
      if (x.size() != y.size())
        return x.size() < y.size();
      if (x != y)
        return x < y;
    } else {
      if (a.front() != b.front())
        return a.front() < b.front();
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
  }
  // Equal so far: the shorter first, and names that differ only in leading zeros by their bytes.
  return a.empty() != b.empty() ? a.empty() : whole_a < whole_b;
}

}  // namespace arbees::sim
