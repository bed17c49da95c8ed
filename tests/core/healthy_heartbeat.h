#pragma once

#include "core/wire/heartbeat.h"

namespace arbees::testing {

/// Of a shard that lacks nothing and has no games yet, and that has heard of the term.
inline wire::Heartbeat healthy_heartbeat(const ShardId& shard, const Incarnation& process,
                                         Term seen) {
  wire::Heartbeat beat;
  beat.shard = shard;
  beat.boot = process.boot;
  beat.process_id = process.process_id;
  beat.started_at = process.started_at;
  beat.max_games = 20;
  beat.status = "healthy";
  beat.checks = {{"redis_ok", true}, {"espn_api_ok", true}};
  beat.leased = true;
  beat.interval = seconds{10};
  beat.seen_term = seen;
  return beat;
}

}  // namespace arbees::testing
