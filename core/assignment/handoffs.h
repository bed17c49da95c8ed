#pragma once

#include <optional>
#include <set>
#include <string_view>

#include "core/assignment/decisions.h"

namespace arbees {

/// Planned moves: the successor watches a game before its owner gives it up, so that nobody misses it
/// (ownership.md 4.3). Level-triggered: each look judges where a move stands, whatever happened meanwhile.
class Handoffs {
 public:
  Handoffs(const AssignmentContext& context, Bookkeeper& books, Decisions& decisions)
      : context_(context), books_(books), decisions_(decisions) {}

  /// A move was prepared, by us or by an earlier term.
  void follow(const GameId& game) { under_way_.insert(game); }
  [[nodiscard]] std::size_t under_way() const { return under_way_.size(); }
  [[nodiscard]] const std::set<GameId>& games() const { return under_way_; }

  /// The successor could not take it.
  void refused(GameState& state, EventId cause);
  /// Finishes what is ready, gives up what cannot become ready.
  void advance(MonoTime now);
  [[nodiscard]] std::optional<MonoTime> deadline() const;

  /// Its shard is there, with another process than the one that was given the game.
  [[nodiscard]] bool owner_replaced(const GameRow& row) const;

 private:
  enum class Next : std::uint8_t {
    wait,
    forget,
    finish,
    give_up_late,
    give_up_lost,
    give_up_replaced,
    give_up_unwritten,
    give_up_doubted,
    give_up_closed
  };
  [[nodiscard]] Next judge(const GameState* state, MonoTime now) const;
  /// Of a move whose successor is there and may take the game.
  [[nodiscard]] Next judge_progress(const GameState& state, const Shard& target,
                                    MonoTime now) const;
  [[nodiscard]] bool owner_lost(const GameRow& row) const;
  /// Nobody serves the game: all that moves while the store is out (ownership.md 5).
  [[nodiscard]] bool owner_gone(const GameRow& row) const;
  void finish(GameState& state, MonoTime now);
  void give_up(GameState& state, std::string_view why, EventId cause);

  AssignmentContext context_;
  Bookkeeper& books_;
  Decisions& decisions_;
  std::set<GameId> under_way_;
};

}  // namespace arbees
