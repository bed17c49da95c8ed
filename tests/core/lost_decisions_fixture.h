#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/assignment/ledger.h"
#include "tests/core/healthy_heartbeat.h"
#include "tests/support/orchestrator_bench.h"

namespace arbees {

inline constexpr Term term_of_old{4};
/// Of a decision that the store knows nothing of.
inline constexpr Epoch lost{5'000};
inline const GameId the_game{"g1"};

/// A row of old names a as the owner.
inline StoreImage a_row_of_old() {
  StoreImage image;
  image.term = term_of_old;
  image.epochs_reserved = Epoch(1'000);
  image.epochs_written = Epoch(9);
  image.shards[ShardId("a")] = {ShardId("a"), {"process-a", "t", Boot(10)}, Generation(1)};
  image.shards[ShardId("b")] = {ShardId("b"), {"process-b", "t", Boot(20)}, Generation(2)};
  image.live[the_game] = {the_game, "nba", "", ""};
  image.games[the_game] = {.game = the_game,
                           .sport = "nba",
                           .owner = ShardId("a"),
                           .owner_boot = Boot(10),
                           .epoch = Epoch(8),
                           .previous_owner = {}};
  return image;
}

inline StoreImage known_to_be_of_old() {
  StoreImage image = a_row_of_old();
  image.epochs_reserved = image.epochs_written = Epoch(9'000);
  image.lost = LostDecisions{seconds{40}, {{Epoch(9), Epoch(8'000)}}};
  return image;
}

/// a's game is being moved to b.
inline StoreImage a_move_being_prepared() {
  StoreImage image = a_row_of_old();
  GameRow& row = image.games[the_game];
  row.phase = GamePhase::prepare;
  row.next = Successor{ShardId("b"), Boot(20), Epoch(9)};
  image.epochs_written = Epoch(9);
  return image;
}

class LostDecisionsTest : public ::testing::Test {
 protected:
  explicit LostDecisionsTest(const StoreImage& image = a_row_of_old()) : bench_({}, image) {
    bench_.live({{the_game, "nba", "", ""}});
  }

  static wire::Heartbeat beat_of(const char* name, Boot boot) {
    wire::Heartbeat beat = testing::healthy_heartbeat(
        ShardId(name), {"process-" + std::string(name), "t", boot}, term_of_old);
    beat.seen_instance = InstanceId("the-one-before");
    return beat;
  }
  void says(wire::Heartbeat& beat) {
    beat.hb_seq = beat.hb_seq.next();
    bench_.hear(beat);
  }
  /// It was asked before, and says so.
  void answers(wire::Heartbeat& beat) {
    beat.asked_by = us();
    says(beat);
  }
  static void runs(wire::Heartbeat& beat, Epoch epoch, bool fenced) {
    beat.games = {the_game};
    beat.epochs = {{the_game, epoch}};
    beat.fenced = fenced ? beat.games : std::vector<GameId>{};
  }
  void follows_us(wire::Heartbeat& beat) {
    beat.seen_term = term_of_old.next();
    beat.seen_instance = us();
    beat.fenced = beat.games;
  }
  InstanceId us() const {
    return InstanceId(bench_.world.events.last("orchestrator_started").field("instance"));
  }
  /// The epoch under which its newest grant names the game; none if it does not.
  Epoch granted_to(const std::string& shard) {
    const auto grants = bench_.heard("shard:" + shard + ":command", "grant");
    return grants.empty() || !grants.back()["grants"].contains("g1")
               ? Epoch{}
               : Epoch(grants.back()["grants"]["g1"].get<std::uint64_t>());
  }
  /// As long as the leases of lost decisions last, each shard beating.
  void pass_until_leases_are_over() {
    for (int i = 0; i < 6; ++i) {
      bench_.pass(seconds{9});
      says(a_);
    }
  }
  [[nodiscard]] std::vector<std::optional<LostDecisions>> written() const {
    std::vector<std::optional<LostDecisions>> found;
    for (const StoreBatch& batch : bench_.world.store.batches()) {
      if (batch.set_lost) {
        found.push_back(*batch.set_lost);
      }
    }
    return found;
  }

  testing::OrchestratorBench bench_;
  wire::Heartbeat a_ = beat_of("a", Boot(10));
  wire::Heartbeat b_ = beat_of("b", Boot(20));
};

}  // namespace arbees
