#pragma once

#include <utility>
#include <vector>

#include "core/health/events.h"
#include "tests/sim/invariants_fixture.h"

namespace arbees::sim {

/// On a fleet of three shards whose orchestrator is in office.
class Bounds : public InvariantsFixture {
 protected:
  Bounds() : InvariantsFixture(limits()) {
    stream_.fleet({"orchestrator", "A", "B", "C"});
    says(OrchestratorStarted{.instance = InstanceId("one"), .durable = true});
    says(TermTaken{
        .instance = InstanceId("one"), .term = Term(1), .known_shards = 0, .known_games = 0});
  }

  template <EventStruct E>
  void says(const E& event) {
    stream_.by("orchestrator").says(event);
  }
  void hears(const char* shard, std::uint64_t hb_seq = 1) {
    says(HeartbeatHeard{
        .shard = ShardId(shard), .boot = Boot(1), .hb_seq = HeartbeatSeq(hb_seq), .games = 0});
  }
  void beats(const char* shard, std::uint64_t hb_seq) {
    stream_.by(shard).says(HeartbeatSent{
        .shard = ShardId(shard), .hb_seq = HeartbeatSeq(hb_seq), .why = "interval", .games = 1});
  }
  void grants(const char* shard, std::uint64_t hb_seq, std::vector<GameId> games) {
    says(GrantSent{.shard = ShardId(shard),
                   .boot = Boot(1),
                   .hb_seq = HeartbeatSeq(hb_seq),
                   .lease = seconds{45},
                   .games = std::move(games)});
  }
  void is_granted(const char* shard, std::uint64_t term) {
    stream_.by(shard).says(GrantReceived{
        .shard = ShardId(shard), .term = Term(term), .hb_seq = HeartbeatSeq(1), .games = 1});
  }
  void drains(const char* shard, Duration within) {
    says(ShardMarked{ShardId(shard), "none", "draining", within});
  }

  void moves_to_b() {
    stream_.assigns("g", "A", 1, 1).at(seconds{10}).assigns("g", "B", 1, 2, "order");
  }
  /// At 12 s, after a crash.
  void term_two_begins() {
    stream_.crashed("orchestrator").started("orchestrator").at(seconds{12});
    says(TermTaken{
        .instance = InstanceId("two"), .term = Term(2), .known_shards = 2, .known_games = 1});
  }
  /// And says so with its fifth heartbeat.
  void a_follows_it() {
    is_granted("A", 2);
    beats("A", 5);
    hears("A", 5);
  }

  /// The orchestrator ends at 40 s, and takes office again at 61 s.
  void orchestrator_comes_back(std::uint64_t known_games) {
    stream_.at(seconds{40})
        .crashed("orchestrator")
        .at(seconds{60})
        .started("orchestrator")
        .at(seconds{61});
    says(TermTaken{.instance = InstanceId("two"),
                   .term = Term(2),
                   .known_shards = 1,
                   .known_games = known_games});
  }

  static Limits limits() {
    Limits limits = limits_of_shards({"A", "B", "C"});
    limits.game_ends.emplace(GameId("over"), SimTime(seconds{50}));
    return limits;
  }
};

}  // namespace arbees::sim
