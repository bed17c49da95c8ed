#pragma once

#include <string>
#include <vector>

#include "core/events/event.h"
#include "core/ports/clock.h"

namespace arbees::prod {

/// One field of each shape.
struct EverythingHappened {
  static constexpr std::string_view name = "everything_happened";
  static constexpr Severity severity = Severity::warning;
  std::string text;
  std::uint64_t count;
  bool flag;
  Duration took;
  std::vector<GameId> games;

  void visit(FieldVisitor& v) const {
    v("text", text), v("count", count), v("flag", flag), v("took", took), v("games", games);
  }
};

struct NothingMuch {
  static constexpr std::string_view name = "nothing_much";
  static constexpr Severity severity = Severity::debug;
  void visit(FieldVisitor& /*v*/) const {}
};

/// A clock that stands still.
class StandingClock final : public Clock {
 public:
  [[nodiscard]] MonoTime now() const override { return MonoTime{seconds{90}}; }
  /// 2026-11-23T18:36:44.120Z
  [[nodiscard]] WallTime wall_now() const override {
    return WallTime{milliseconds{1'795'459'004'120}};
  }
  [[nodiscard]] std::unique_ptr<Timer> make_timer(std::function<void()> /*fire*/) override {
    return nullptr;
  }
};

}  // namespace arbees::prod
