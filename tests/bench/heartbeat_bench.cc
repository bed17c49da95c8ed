// Reading and writing a heartbeat beside a generic JSON document and beside the limit, one copy of its bytes,
// in one run: absolute figures drift with the machine, ratios do not.
#include <benchmark/benchmark.h>

#include <cstring>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/assert.h"
#include "core/wire/heartbeat.h"

namespace arbees {
namespace {

/// What a shard with four games says, in about 600 bytes.
wire::Heartbeat typical_beat() {
  wire::Heartbeat beat;
  beat.shard = ShardId("shard-0042");
  beat.shard_type = "sports";
  beat.max_games = 20;
  beat.started_at = "2026-01-15T18:00:00.000000+00:00";
  beat.process_id = "4711";
  beat.version = "1.4.2";
  beat.status = "healthy";
  beat.checks = {{"redis_ok", true}, {"feed_ok", true}};
  beat.timestamp = "2026-01-15T20:31:07.123456+00:00";
  beat.boot = Boot(0x1122334455667788);
  beat.hb_seq = HeartbeatSeq(1'000'000'042);
  beat.interval = seconds{10};
  for (std::uint64_t game = 401'810'500; game < 401'810'504; ++game) {
    beat.games.emplace_back(std::to_string(game));
    beat.epochs.emplace(beat.games.back(), Epoch(game % 1000));
  }
  beat.last_grant = HeartbeatSeq(1'000'000'041);
  beat.leased = true;
  return beat;
}

const std::string& message() {
  static const std::string text = wire::encode(typical_beat());
  return text;
}

void count(benchmark::State& state) {
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
  state.counters["bytes"] = static_cast<double>(message().size());
}

void decode_limit(benchmark::State& state) {
  std::vector<char> copy(message().size());
  for (auto _ : state) {
    std::memcpy(copy.data(), message().data(), message().size());
    benchmark::DoNotOptimize(copy.data());
    benchmark::ClobberMemory();
  }
  count(state);
}
BENCHMARK(decode_limit);

void decode_dom(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(nlohmann::json::parse(message()));
  }
  count(state);
}
BENCHMARK(decode_dom);

void decode(benchmark::State& state) {
  for (auto _ : state) {
    auto beat = wire::decode_heartbeat(message());
    ensure(beat.has_value(), "what we write we can read");
    benchmark::DoNotOptimize(beat);
  }
  count(state);
}
BENCHMARK(decode);

void encode_dom(benchmark::State& state) {
  const auto document = nlohmann::json::parse(message());
  for (auto _ : state) {
    benchmark::DoNotOptimize(document.dump());
  }
  count(state);
}
BENCHMARK(encode_dom);

void encode(benchmark::State& state) {
  const wire::Heartbeat beat = typical_beat();
  for (auto _ : state) {
    benchmark::DoNotOptimize(wire::encode(beat));
  }
  count(state);
}
BENCHMARK(encode);

}  // namespace
}  // namespace arbees

BENCHMARK_MAIN();
