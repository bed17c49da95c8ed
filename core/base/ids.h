#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace arbees {

/// A name that comes from outside (a shard, a game). Opaque text: compared as bytes, never parsed.
template <class Tag>
class Name {
 public:
  Name() = default;
  explicit Name(std::string text) : text_(std::move(text)) {}
  explicit Name(std::string_view text) : text_(text) {}
  explicit Name(const char* text) : text_(text) {}

  [[nodiscard]] const std::string& str() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }
  friend auto operator<=>(const Name&, const Name&) = default;

 private:
  std::string text_;
};

/// A number with a meaning of its own. Zero means "none yet": real values start at 1.
template <class Tag>
class Number {
 public:
  constexpr Number() = default;
  constexpr explicit Number(std::uint64_t value) : value_(value) {}

  [[nodiscard]] constexpr std::uint64_t value() const { return value_; }
  [[nodiscard]] constexpr bool none() const { return value_ == 0; }
  [[nodiscard]] constexpr Number next() const { return Number(value_ + 1); }
  friend constexpr auto operator<=>(const Number&, const Number&) = default;

 private:
  std::uint64_t value_ = 0;
};

using ShardId = Name<struct ShardIdTag>;
using GameId = Name<struct GameIdTag>;
/// One process of the orchestrator; drawn at start.
using InstanceId = Name<struct InstanceIdTag>;
/// A process in the fleet, as events and timelines name it: "orchestrator", "shard-1", "redis".
using NodeName = Name<struct NodeNameTag>;

/// 64 random bits drawn once per process (ownership.md 1).
using Boot = Number<struct BootTag>;
/// Durable, growing number the orchestrator gives each incarnation of a shard.
using Generation = Number<struct GenerationTag>;
/// One global, durable counter; every change of a game's owner takes a new value. The fencing token.
using Epoch = Number<struct EpochTag>;
/// One per start of an orchestrator, committed before anything is said.
using Term = Number<struct TermTag>;
/// Counts the commands to one shard within a term.
using CommandSeq = Number<struct CommandSeqTag>;
/// Counts the heartbeats of one boot.
using HeartbeatSeq = Number<struct HeartbeatSeqTag>;
/// Counts the grants of one term.
using GrantSeq = Number<struct GrantSeqTag>;
/// Counts the signals of one (game, epoch).
using SignalSeq = Number<struct SignalSeqTag>;
/// Names one recorded event. Below 2^53, so that it survives any JSON reader (RFC 8259 section 6).
using EventId = Number<struct EventIdTag>;

/// Terms, epochs and generations of which somebody tells are believed up to here: what is counted on from there can be
/// read by everybody (wire::message_integer_max) for longer than anybody counts.
inline constexpr std::uint64_t believed_max = std::uint64_t{1} << 51U;
/// And above it as far from what we know ourselves as others can have counted on since.
inline constexpr std::uint64_t believed_step = 1'000'000;

/// Whether a number that somebody tells is one to count on from: a single lie must not lead to numbers that nobody reads.
template <class Tag>
[[nodiscard]] constexpr bool is_believed(Number<Tag> told, Number<Tag> known) {
  return told.value() <= believed_max || told.value() <= known.value() + believed_step;
}

}  // namespace arbees

template <class Tag>
struct std::hash<arbees::Name<Tag>> {
  std::size_t operator()(const arbees::Name<Tag>& name) const noexcept {
    return std::hash<std::string>{}(name.str());
  }
};
