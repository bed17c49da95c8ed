#include "sim/cli/table_cells.h"

#include <algorithm>

namespace arbees::sim {

std::string left_cell(std::string text, std::size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text + "  ";
}

std::string right_cell(const std::string& text, std::size_t width) {
  return std::string(width - std::min(width, text.size()), ' ') + text + "  ";
}

std::string right_cell(std::uint64_t value, std::size_t width) {
  return right_cell(std::to_string(value), width);
}

}  // namespace arbees::sim
