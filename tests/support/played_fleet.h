#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/orchestrator_bench.h"

namespace arbees::testing {

inline constexpr Duration beat_interval = seconds{10};

/// A shard played by hand: it says what the test wants, and does what it is told only when asked to.
struct PlayedShard {
  explicit PlayedShard(const char* name, std::uint64_t boot) { restart(name, boot); }

  void restart(const char* name, std::uint64_t boot) {
    beat = {};
    beat.shard = ShardId(name);
    beat.boot = Boot(boot);
    beat.process_id = "process-" + std::to_string(boot);
    beat.max_games = 20;
    beat.status = "healthy";
    beat.checks = {{"redis_ok", true}, {"espn_api_ok", true}};
    beat.leased = true;
    beat.interval = beat_interval;
  }

  wire::Heartbeat beat;
};

/// An orchestrator among shards that are played: heartbeats go in as bytes, time passes, events come out.
class PlayedFleet : public ::testing::Test, protected OrchestratorBench {
 protected:
  using OrchestratorBench::OrchestratorBench;

  void SetUp() override { pass(seconds{3}); }

  void live(int games) {
    std::vector<LiveGame> list;
    for (int i = 1; i <= games; ++i) {
      list.push_back({GameId("g" + std::to_string(i)), "nba", "", ""});
    }
    OrchestratorBench::live(std::move(list));
    pass(milliseconds{100});
  }

  /// Hears the grants that were sent to it, and says how it is.
  void beats(PlayedShard& shard) {
    wire::Heartbeat& beat = shard.beat;
    beat.hb_seq = beat.hb_seq.next();
    const std::uint64_t term = world.events.last("term_taken").count("term");
    beat.seen_term = Term(term);
    if (!beat.applied) {
      beat.applied = wire::Applied{Term(term), {}, {}};
    }
    for (const RecordedEvent& grant : world.events.named("grant_sent")) {
      if (of(grant, shard) && grant.count("boot") == beat.boot.value()) {
        beat.last_grant = std::max(beat.last_grant, HeartbeatSeq(grant.count("hb_seq")));
      }
    }
    hear(beat);
  }

  /// Says that it did what it was told, and does it if `truly`.
  void obeys(PlayedShard& shard, bool truly = true) {
    for (const RecordedEvent& command : world.events.named("command_sent")) {
      if (!of(command, shard) || command.field("type") != "add_game") {
        continue;
      }
      const CommandSeq seq(command.count("seq"));
      shard.beat.applied->watermark = std::max(shard.beat.applied->watermark, seq);
      const GameId game(command.field("game"));
      if (truly && shard.beat.epochs.insert_or_assign(game, Epoch(command.count("epoch"))).second) {
        shard.beat.games.push_back(game);
      }
    }
  }

  /// So many regular beats of all these shards.
  void evening(int beats_each, std::initializer_list<PlayedShard*> shards) {
    for (int i = 0; i < beats_each; ++i) {
      for (PlayedShard* shard : shards) {
        beats(*shard);
      }
      pass(beat_interval);
    }
  }

  static bool of(const RecordedEvent& event, const PlayedShard& shard) {
    return event.field("shard") == shard.beat.shard.str();
  }
  [[nodiscard]] std::size_t alerts(std::string_view event, std::string_view type) const {
    const auto found = world.events.named(event);
    return static_cast<std::size_t>(std::ranges::count_if(
        found, [&](const RecordedEvent& alert) { return alert.field("type") == type; }));
  }
  [[nodiscard]] std::set<std::string> assigned_to(const PlayedShard& shard) const {
    std::set<std::string> games;
    for (const RecordedEvent& assigned : world.events.named("game_assigned")) {
      if (of(assigned, shard)) {
        games.insert(assigned.field("game"));
      }
    }
    return games;
  }
  [[nodiscard]] std::string statuses() const {
    std::string all;
    for (const RecordedEvent& change : world.events.named("status_changed")) {
      all += change.field("to") + " ";
    }
    return all;
  }

  PlayedShard a_{"a", 1};
  PlayedShard b_{"b", 2};
  PlayedShard c_{"c", 3};
};

}  // namespace arbees::testing
