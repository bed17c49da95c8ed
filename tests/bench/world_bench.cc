// Building a world and tearing it down, beside the limit: the memory alone that it asks for, as many blocks of
// the mean size.
#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "core/orchestrator/orchestrator.h"
#include "core/shard/game_shard.h"
#include "core/store/memory_store.h"
#include "sim/world/world.h"

namespace {

struct Asked {
  std::size_t blocks = 0;
  std::size_t bytes = 0;
};
Asked asked;

void* give(std::size_t bytes, std::size_t alignment) {
  ++asked.blocks;
  asked.bytes += bytes;
  void* const memory =
      alignment <= alignof(std::max_align_t)
          ? std::malloc(bytes)
          : std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  return memory != nullptr ? memory : throw std::bad_alloc();
}

}  // namespace

[[gnu::noinline]] void* operator new(std::size_t bytes) { return give(bytes, 1); }
[[gnu::noinline]] void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return give(bytes, static_cast<std::size_t>(alignment));
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}

namespace arbees::sim {
namespace {

constexpr std::size_t nodes = 10;

/// Ten nodes that all run: Redis, an orchestrator with a store, and eight shards.
class SmallFleet {
 public:
  SmallFleet() {
    orchestrator_.redis.endpoint = {.host = "redis", .port = 6379};
    for (std::size_t shard = 0; shard < nodes - 2; ++shard) {
      ShardSettings& settings = shards_.emplace_back();
      settings.redis.endpoint = orchestrator_.redis.endpoint;
      settings.id = ShardId("shard-" + std::to_string(shard));
    }
  }

  void build_and_tear_down(std::uint64_t seed) const {
    World world({.seed = seed});
    world.start(world.add_redis("redis", 6379));
    world.start(world.add_node(
        {.name = "orchestrator",
         .factory = [this](Ports& ports) { return make_orchestrator(ports, orchestrator_); },
         .store =
             [](const StoreSite& site) {
               constexpr bool durable = true;
               return std::make_unique<MemoryStore>(site.image, site.clock, durable,
                                                    milliseconds{1});
             }}));
    for (const ShardSettings& settings : shards_) {
      world.start(world.add_node({.name = settings.id.str(), .factory = [&settings](Ports& ports) {
                                    return make_game_shard(ports, settings);
                                  }}));
    }
    benchmark::DoNotOptimize(world.events());
  }

 private:
  OrchestratorSettings orchestrator_;
  std::vector<ShardSettings> shards_;
};

void world(benchmark::State& state) {
  const SmallFleet fleet;
  std::uint64_t seed = 0;
  for (auto _ : state) {
    fleet.build_and_tear_down(++seed);
  }
  state.SetItemsProcessed(state.iterations());
}

void limit(benchmark::State& state) {
  const Asked before = asked;
  SmallFleet().build_and_tear_down(1);
  const std::size_t blocks = asked.blocks - before.blocks;
  const std::size_t each = (asked.bytes - before.bytes) / blocks;
  std::vector<void*> world(blocks);
  for (auto _ : state) {
    for (void*& block : world) {
      block = ::operator new(each);
      benchmark::DoNotOptimize(block);
    }
    for (void* block : world) {
      ::operator delete(block);
    }
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["blocks"] = static_cast<double>(blocks);
  state.counters["bytes"] = static_cast<double>(blocks * each);
}

BENCHMARK(world);
BENCHMARK(limit);

}  // namespace
}  // namespace arbees::sim

BENCHMARK_MAIN();
