#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace arbees::sim {

// A cell of a table for people, `width` wide, and the gap to the next one.
[[nodiscard]] std::string left_cell(std::string text, std::size_t width);
[[nodiscard]] std::string right_cell(const std::string& text, std::size_t width);
[[nodiscard]] std::string right_cell(std::uint64_t value, std::size_t width);

}  // namespace arbees::sim
