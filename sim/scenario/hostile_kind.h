#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace arbees::sim {

/// What is wrong with the messages of somebody who should not publish any.
enum class HostileKind : std::uint8_t {
  malformed,        ///< no JSON, or only the beginning of it
  missing_fields,   ///< what the message is about is not said
  wrong_types,      ///< a number where a text belongs, a text for a list
  unknown_fields,   ///< of a version that is still to come
  huge,             ///< as large as our programs take, and larger
  replayed,         ///< what somebody said before, once more
  old_version,      ///< orders of an orchestrator of the existing system
  impostor,         ///< beats of a shard that there is not, which says that it runs all games
  largest_numbers,  ///< beats of such a shard without games, which tell of the largest epoch that is believed, and of larger ones
};

/// As scenario files name them, in the order of the kinds.
inline constexpr std::array<std::string_view, 9> hostile_words{
    "malformed", "missing_fields", "wrong_types", "unknown_fields", "huge",
    "replayed",  "old_version",    "impostor",    "largest_numbers"};

/// So many kinds, the first ones, are drawn where none is named. What was counted on from the largest numbers is
/// believed by nobody who knows them no more (docs/limits.md), so only a scenario that names them has them.
inline constexpr auto drawn_hostile_kinds = static_cast<std::size_t>(HostileKind::largest_numbers);
static_assert(hostile_words[drawn_hostile_kinds] == "largest_numbers");

[[nodiscard]] constexpr std::string_view word(HostileKind kind) {
  return hostile_words[static_cast<std::size_t>(kind)];
}

}  // namespace arbees::sim
