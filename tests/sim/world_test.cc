#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <vector>

#include "core/store/memory_store.h"
#include "tests/sim/support/small_world.h"

namespace arbees::sim {
namespace {

using namespace std::chrono_literals;

/// A Redis and three pingers, all started.
class Fleet {
 public:
  explicit Fleet(std::uint64_t seed, DigestConfig digest = {})
      : world({.seed = seed, .digest = digest}) {
    world.add_observer(log);
    redis = world.add_redis("redis", 6379);
    world.start(redis);
    for (NodeIndex& node : nodes) {
      node = world.add_node(pinger("pinger-" + std::to_string(&node - nodes.data() + 1)));
      world.start(node);
    }
  }

  /// One minute with one of everything.
  void run_faults() {
    Faults& faults = world.faults();
    world.at(SimTime(5s), [&] { crash = faults.crash(nodes[0]); });
    world.at(SimTime(8s), [&] { faults.heal(crash); });
    world.at(SimTime(10s), [&] { cut = faults.partition(nodes[1], redis, Cut::one_way); });
    world.at(SimTime(20s), [&] { faults.heal(cut); });
    world.at(SimTime(22s), [&] { freeze = faults.freeze(redis); });
    world.at(SimTime(25s), [&] { faults.heal(freeze); });
    world.at(SimTime(30s), [&] { down = faults.crash(redis); });
    world.at(SimTime(35s), [&] { faults.heal(down); });
    world.at(SimTime(40s), [&] { slow = faults.latency(nodes[2], redis, {50ms, 80ms}); });
    world.at(SimTime(45s), [&] { faults.heal_all(); });
    world.at(SimTime(50s), [&] { reset = faults.reset_connections(nodes[0], redis); });
    world.run_until(SimTime(60s));
  }

  Log log;
  World world;
  NodeIndex redis{};
  std::array<NodeIndex, 3> nodes{};
  FaultId crash, cut, freeze, down, slow, reset;
};

std::uint64_t digest_of(std::uint64_t seed) {
  Fleet fleet(seed);
  fleet.run_faults();
  return fleet.world.digest().value();
}

TEST(World, TheSameSeedGivesTheSameDigestAlsoSideBySide) {
  Fleet a(11);
  Fleet b(11);
  for (Fleet* fleet : {&a, &b}) {
    fleet->world.run_until(SimTime(3s));
  }
  a.run_faults();
  b.run_faults();
  EXPECT_GT(a.world.events(), 1'000U);
  EXPECT_EQ(a.world.digest().value(), b.world.digest().value());
  EXPECT_FALSE(first_difference(a.world.digest(), b.world.digest()));
}

TEST(World, DifferentSeedsGiveDifferentDigests) {
  std::vector<std::uint64_t> digests;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    digests.push_back(digest_of(seed));
  }
  std::ranges::sort(digests);
  EXPECT_EQ(std::ranges::adjacent_find(digests), digests.end());
}

// Compared between builds by eye and by scripts; no golden, because every change of the core moves it.
TEST(World, PrintsADigestForComparisonBetweenBuilds) {
  std::uint64_t all = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    all = all * 31 + digest_of(seed);
  }
  RecordProperty("digest", std::to_string(all));
  EXPECT_NE(all, 0U);
}

/// The first difference between an undisturbed run and one into which `plant` puts something.
Difference planted(const std::function<void(World&)>& plain,
                   const std::function<void(World&)>& plant) {
  Fleet a(5, DigestConfig::record_all());
  Fleet b(5, DigestConfig::record_all());
  plain(a.world);
  plant(b.world);
  a.world.run_until(SimTime(30s));
  b.world.run_until(SimTime(30s));
  const auto found = first_difference(a.world.digest(), b.world.digest());
  return found.value_or(Difference{});
}

TEST(World, APlantedExtraDrawIsFoundAtTheNextThingThatHappens) {
  const Difference found = planted([](World&) {},
                                   [](World& world) {
                                     world.at(SimTime(15s), [&world] {
                                       static_cast<void>(world.streams().get("network").next());
                                     });
                                   });
  EXPECT_EQ(found.to, found.from + 1);
  ASSERT_TRUE(found.a && found.b);
  EXPECT_TRUE(found.a->starts_with("150") && found.b->starts_with("150")) << *found.a << "\n"
                                                                          << *found.b;
  EXPECT_NE(found.a, found.b);
}

TEST(World, AShiftOfOneNanosecondIsFound) {
  const auto say_at = [](SimTime time) {
    return
        [time](World& world) { world.at(time, [&world] { world.record(Said{.what = "here"}); }); };
  };
  const Difference found = planted(say_at(SimTime(15s)), say_at(SimTime(15s + 1ns)));
  ASSERT_TRUE(found.a && found.b);
  EXPECT_TRUE(found.a->starts_with("15000000000ns")) << *found.a;
  EXPECT_TRUE(found.b->starts_with("15000000001ns")) << *found.b;
  EXPECT_NE(found.b->find("what=here"), std::string::npos) << *found.b;
}

TEST(World, TwoSwappedEventsAreFound) {
  const auto say = [](const char* first, const char* second) {
    return [=](World& world) {
      world.at(SimTime(15s), [&world, first] { world.record(Said{.what = first}); });
      world.at(SimTime(15s), [&world, second] { world.record(Said{.what = second}); });
    };
  };
  const Difference found = planted(say("one", "two"), say("two", "one"));
  ASSERT_TRUE(found.a && found.b);
  EXPECT_NE(found.a->find("what=one"), std::string::npos) << *found.a;
  EXPECT_NE(found.b->find("what=two"), std::string::npos) << *found.b;
}

TEST(World, ProgramsTalkToTheRedisModel) {
  Fleet fleet(1);
  fleet.world.run_until(SimTime(10s));
  EXPECT_EQ(fleet.log.count("said", "connected"), 3U);
  EXPECT_GT(fleet.log.count("said", "pong"), 150U);
}

TEST(World, WhatAFaultBreaksNamesItAsItsCause) {
  Fleet fleet(2);
  fleet.run_faults();
  const auto ended = fleet.log.of("said", "lost: end_of_stream");
  const auto reset = fleet.log.of("said", "lost: reset");
  const auto refused = fleet.log.of("said", "lost: refused");
  ASSERT_FALSE(ended.empty());
  ASSERT_FALSE(reset.empty());
  ASSERT_FALSE(refused.empty());
  for (const Log::Line& line : ended) {
    EXPECT_EQ(line.cause, fleet.down);
  }
  for (const Log::Line& line : reset) {
    EXPECT_EQ(line.cause, line.time < SimTime(40s) ? fleet.down : fleet.reset);
  }
  for (const Log::Line& line : refused) {
    EXPECT_EQ(line.cause, fleet.down);
  }
  EXPECT_EQ(fleet.log.of("node_crashed").at(0).cause, fleet.crash);
  EXPECT_EQ(fleet.log.count("fault_started"), fleet.log.count("fault_healed"));
}

TEST(World, EverybodyPingsAgainAfterEverythingIsHealed) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Fleet fleet(seed);
    fleet.run_faults();
    const std::size_t before = fleet.log.count("said", "pong");
    fleet.world.run_until(SimTime(70s));
    EXPECT_GT(fleet.log.count("said", "pong"), before + 150) << "seed " << seed;
  }
}

TEST(World, NothingPassesAPartitionWhileItLasts) {
  Fleet fleet(3);
  fleet.world.run_until(SimTime(5s));
  const std::array<NodeIndex, 1> redis{fleet.redis};
  {
    const ScopedFault cut(fleet.world.faults(),
                          fleet.world.faults().partition(fleet.nodes, redis, Cut::both_ways));
    fleet.world.run_until(SimTime(6s));
    const std::size_t before = fleet.log.count("said");
    fleet.world.run_until(SimTime(15s));
    EXPECT_EQ(fleet.log.count("said"), before);
  }
  EXPECT_EQ(fleet.log.count("fault_healed"), 1U);
  fleet.world.run_until(SimTime(20s));
  EXPECT_EQ(fleet.log.count("said", "connected"), 3U) << "the connections lived through it";
  EXPECT_EQ(fleet.log.of("fault_started").at(0).what,
            "partition pinger-1,pinger-2,pinger-3<->redis");
}

TEST(World, OverlappingFreezesThawWithTheLastOne) {
  Fleet fleet(4);
  Faults& faults = fleet.world.faults();
  const FaultId one = faults.freeze(fleet.redis);
  const FaultId two = faults.freeze(fleet.redis);
  faults.heal(one);
  EXPECT_FALSE(fleet.world.running(fleet.redis));
  faults.heal(two);
  EXPECT_TRUE(fleet.world.running(fleet.redis));
  faults.heal(two);
  EXPECT_EQ(fleet.log.count("fault_healed"), 2U);
}

TEST(World, CrashingAFrozenNodeAndThawingItLaterDoesNoHarm) {
  Fleet fleet(4);
  Faults& faults = fleet.world.faults();
  const FaultId freeze = faults.freeze(fleet.nodes[0]);
  const FaultId crash = faults.crash(fleet.nodes[0]);
  const FaultId again = faults.crash(fleet.nodes[0]);
  faults.heal(freeze);
  faults.heal(crash);
  EXPECT_FALSE(fleet.world.running(fleet.nodes[0]));
  faults.heal(again);
  EXPECT_TRUE(fleet.world.running(fleet.nodes[0]));
}

NodeSetup clerk(std::string name, std::function<void(Term)> loaded) {
  return {.name = std::move(name),
          .factory = [loaded](Ports& ports) -> std::unique_ptr<Program> {
            return std::make_unique<Sketch>(ports, [loaded](Ports& p) {
              p.store.load([loaded, &p](const std::expected<StoreImage, StoreError>& image) {
                const Term term = image->term;
                loaded(term);
                StoreBatch office;
                office.expected_term = term;
                office.new_term = term.next();
                p.store.commit(std::move(office), [](const auto&) {});
              });
            });
          },
          .store = [](const StoreSite& site) -> std::unique_ptr<Store> {
            return std::make_unique<MemoryStore>(site.image, site.clock, true);
          }};
}

TEST(World, ADiskSurvivesACrashUnlessItIsSaidToBeLost) {
  for (const bool survives : {true, false}) {
    World world({.seed = 1});
    std::vector<Term> terms;
    NodeSetup setup = clerk("clerk", [&](Term term) { terms.push_back(term); });
    setup.disk_survives = survives;
    const NodeIndex node = world.add_node(std::move(setup));
    world.start(node);
    world.run_until(SimTime(1s));
    world.faults().heal(world.faults().crash(node));
    world.run_until(SimTime(2s));
    EXPECT_EQ(terms, (std::vector<Term>{Term(0), survives ? Term(1) : Term(0)}));
  }
}

TEST(World, TheConsumerRefusesSignalsOfAnEpochThatIsOver) {
  Log log;
  World world({.seed = 1});
  world.add_observer(log);
  const NodeIndex node = world.add_node(
      {.name = "node", .factory = [](Ports& ports) -> std::unique_ptr<Program> {
         return std::make_unique<Sketch>(ports, [](Ports& p) {
           for (const std::uint64_t epoch : {0U, 4U, 4U, 3U, 5U, 4U, 0U}) {
             p.signals.publish(
                 {.game = GameId("g"), .epoch = Epoch(epoch), .seq = {}, .shard = {}, .boot = {}},
                 {});
           }
         });
       }});
  world.start(node);
  EXPECT_EQ(log.count("signal_accepted"), 4U);
  EXPECT_EQ(log.count("signal_refused"), 3U);
}

TEST(World, FindsItsNodesByName) {
  Fleet fleet(1);
  EXPECT_EQ(fleet.world.find("redis"), fleet.redis);
  EXPECT_EQ(fleet.world.name(fleet.nodes[2]), "pinger-3");
  EXPECT_FALSE(fleet.world.find("nobody"));
}

}  // namespace
}  // namespace arbees::sim
