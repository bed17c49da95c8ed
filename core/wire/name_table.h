#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace arbees::wire {

/// What a member of a message is, by its name: one multiplication and one comparison, whether it is known
/// or not. Made at compile time, which fails where no multiplier keeps the names apart.
template <class Value, std::size_t count>
class NameTable {
 public:
  struct Row {
    std::string_view name;
    Value value{};
  };

  /// No name is empty, and a default `Value` means "not known".
  consteval explicit NameTable(const Row (&rows)[count]) {
    for (multiplier_ = 0x9E3779B1; !fill(rows); multiplier_ += 2) {
    }
  }

  [[nodiscard]] constexpr Value find(std::string_view name) const {
    if (name.empty()) {
      return {};
    }
    const Row& row = slots_[slot(name)];
    return row.name == name ? row.value : Value{};
  }

 private:
  static constexpr unsigned bits = 7;
  static_assert(count <= (1U << bits) / 4, "so full a table would leave little choice");

  [[nodiscard]] constexpr std::size_t slot(std::string_view name) const {
    const auto byte = [&](std::size_t at) {
      return std::uint32_t{static_cast<unsigned char>(name[at])};
    };
    const std::uint32_t mix = static_cast<std::uint32_t>(name.size()) ^ (byte(0) << 8U) ^
                              (byte(name.size() / 2) << 16U) ^ (byte(name.size() - 1) << 24U);
    return static_cast<std::uint32_t>(mix * multiplier_) >> (32U - bits);
  }

  consteval bool fill(const Row (&rows)[count]) {
    slots_ = {};
    for (const Row& row : rows) {
      Row& place = slots_[slot(row.name)];
      if (!place.name.empty()) {
        return false;
      }
      place = row;
    }
    return true;
  }

  std::uint32_t multiplier_ = 0;
  std::array<Row, (1U << bits)> slots_{};
};

}  // namespace arbees::wire
