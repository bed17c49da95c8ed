#pragma once

#include <cstdint>

namespace arbees::sim {

/// Place of a node in its world. 0 is the world itself: it records the faults.
enum class NodeIndex : std::uint32_t {};

inline constexpr NodeIndex world_node{0};

[[nodiscard]] constexpr std::uint32_t value(NodeIndex node) {
  return static_cast<std::uint32_t>(node);
}

}  // namespace arbees::sim
