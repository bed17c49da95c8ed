// How fast the orchestrator takes heartbeats of 1,000 shards from a real redis-server, beside a subscriber
// that only takes frames off the wire (hiredis) and one that also reads them into JSON documents: same
// server, same feeder, one after the other. Server and feeder share the machine with what is measured, so the
// rate is what a machine gives all three together; the processor time a beat costs is ours alone.
//
// Prints one line of JSON per consumer.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <hiredis/hiredis.h>
#include <nlohmann/json.hpp>

#include "core/orchestrator/events.h"
#include "core/orchestrator/orchestrator.h"
#include "core/wire/channels.h"
#include "core/wire/heartbeat.h"
#include "prod/host.h"
#include "tests/support/real_redis.h"
#include "tests/support/stream_socket.h"

namespace arbees {
namespace {

using testing::RealRedis;
using testing::StreamSocket;

constexpr std::uint64_t shards = 1'000;
constexpr std::uint64_t games_per_shard = 4;
constexpr std::uint64_t first_seq = 1'000'000'000;  // ten digits at every beat
/// The first rounds are the shards' joining and the adoption of their games.
constexpr std::uint64_t rounds_before = 5;

std::string padded(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  return std::string(4 - digits.size(), '0') + digits;
}

GameId game_of(std::uint64_t shard, std::uint64_t game) {
  return GameId(std::to_string(401'000'000 + shard * games_per_shard + game));
}

wire::Heartbeat beat_of(std::uint64_t shard, bool leased) {
  wire::Heartbeat beat;
  beat.shard = ShardId("shard-" + padded(shard));
  beat.shard_type = "sports";
  beat.max_games = 20;
  beat.started_at = "2026-01-15T18:00:00.000000+00:00";
  beat.process_id = "4711";
  beat.version = "1.4.2";
  beat.status = "healthy";
  beat.checks = {{"redis_ok", true}, {"feed_ok", true}};
  beat.timestamp = "2026-01-15T20:31:07.123456+00:00";
  beat.boot = Boot(0x1122334455660000 + shard);
  beat.hb_seq = HeartbeatSeq(first_seq);
  beat.interval = seconds{10};
  if (!leased) {  // Leased ones own nothing: which epochs they would report is the orchestrator's choice.
    // They have done what they were told: orders that stay open for ever are another measurement.
    beat.applied = {.term = Term(1), .watermark = CommandSeq(1'000'000), .above = {}};
    for (std::uint64_t game = 0; game < games_per_shard; ++game) {
      beat.games.push_back(game_of(shard, game));
      beat.epochs.emplace(beat.games.back(), Epoch(1));
    }
  }
  beat.leased = leased;
  return beat;
}

/// One round of PUBLISH commands; only the digits of hb_seq differ from round to round.
class Round {
 public:
  explicit Round(bool leased) {
    for (std::uint64_t shard = 0; shard < shards; ++shard) {
      const wire::Heartbeat beat = beat_of(shard, leased);
      const std::string payload = wire::encode(beat);
      size_ = payload.size();
      const std::string channel = wire::heartbeat_channel(beat.shard);
      bytes_ += "*3\r\n$7\r\nPUBLISH\r\n$" + std::to_string(channel.size()) + "\r\n" + channel +
                "\r\n$" + std::to_string(payload.size()) + "\r\n";
      places_.push_back(bytes_.size() + payload.find(std::to_string(first_seq)));
      bytes_ += payload + "\r\n";
    }
  }
  const std::string& bytes(std::uint64_t round) {
    const std::string digits = std::to_string(first_seq + round);
    for (const std::size_t place : places_) {
      bytes_.replace(place, digits.size(), digits);
    }
    return bytes_;
  }
  [[nodiscard]] std::size_t beat_size() const { return size_; }

 private:
  std::string bytes_;
  std::vector<std::size_t> places_;
  std::size_t size_ = 0;
};

/// A process that publishes all rounds and ends.
class Feeder {
 public:
  Feeder(const RealRedis& redis, Round& round, std::uint64_t rounds) : pid_(::fork()) {
    if (pid_ != 0) {
      return;
    }
    StreamSocket socket = StreamSocket::connect_unix(redis.socket_path());
    for (std::uint64_t i = 0; i < rounds; ++i) {
      socket.send(round.bytes(i), seconds{60});
      for (std::size_t replies = 0; replies < shards;) {
        const auto some = socket.receive(seconds{60});
        replies += static_cast<std::size_t>(std::count(some->begin(), some->end(), '\n'));
      }
    }
    ::_exit(0);
  }
  ~Feeder() { ::waitpid(pid_, nullptr, 0); }
  Feeder(const Feeder&) = delete;
  Feeder& operator=(const Feeder&) = delete;

 private:
  pid_t pid_;
};

/// Counts beats; says when the last one was taken.
class Meter {
 public:
  Meter(std::string name, std::uint64_t rounds, std::size_t beat_size)
      : name_(std::move(name)), rounds_(rounds), beat_size_(beat_size) {}

  /// True at the last one.
  bool count() {
    ++beats_;
    if (beats_ == rounds_before * shards) {
      began_ = std::chrono::steady_clock::now();
      cpu_before_ = cpu_us();
    }
    return beats_ == rounds_ * shards;
  }

  void print() const {
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began_;
    const auto measured = static_cast<double>((rounds_ - rounds_before) * shards);
    std::printf(
        "{\"consumer\": \"%s\", \"beat_bytes\": %zu, \"beats\": %.0f, \"beats_per_second\": %.0f, "
        "\"cpu_us_per_beat\": %.3f}\n",
        name_.c_str(), beat_size_, measured, measured / took.count(),
        static_cast<double>(cpu_us() - cpu_before_) / measured);
    std::fflush(stdout);
  }

 private:
  static std::int64_t cpu_us() {
    rusage used = {};
    ::getrusage(RUSAGE_SELF, &used);
    const auto us = [](const timeval& time) { return time.tv_sec * 1'000'000 + time.tv_usec; };
    return us(used.ru_utime) + us(used.ru_stime);
  }

  std::string name_;
  std::uint64_t rounds_;
  std::size_t beat_size_;
  std::uint64_t beats_ = 0;
  std::chrono::steady_clock::time_point began_;
  std::int64_t cpu_before_ = 0;
};

void subscribe_with_hiredis(const RealRedis& redis, std::uint64_t rounds, bool read_json) {
  Round round(false);
  Meter meter(read_json ? "hiredis + JSON document" : "hiredis", rounds, round.beat_size());
  redisContext* context = redisConnectUnix(redis.socket_path().c_str());
  freeReplyObject(redisCommand(context, "PSUBSCRIBE %s", wire::heartbeat_pattern.data()));
  const Feeder feeder(redis, round, rounds);
  for (bool last = false; !last;) {
    void* reply = nullptr;
    if (redisGetReply(context, &reply) != REDIS_OK) {
      std::fprintf(stderr, "hiredis: %s\n", context->errstr);
      std::exit(1);
    }
    const auto* message = static_cast<redisReply*>(reply);
    if (read_json) {
      const auto document = nlohmann::json::parse(
          message->element[3]->str, message->element[3]->str + message->element[3]->len);
      if (!document.contains("shard_id")) {
        std::exit(1);
      }
    }
    freeReplyObject(reply);
    last = meter.count();
  }
  meter.print();
  redisFree(context);
}

class CountingSink final : public EventSink {
 public:
  CountingSink(EventSink& next, std::function<void(EventView)> heard)
      : next_(next), heard_(std::move(heard)) {}
  EventId record(EventView event, EventId cause) override {
    const EventId id = next_.record(event, cause);
    heard_(event);
    return id;
  }

 private:
  EventSink& next_;
  std::function<void(EventView)> heard_;
};

/// The orchestrator as its program runs it, fed once it listens.
class Consumer final : public Program {
 public:
  Consumer(const RealRedis& redis, Ports& ports, std::uint64_t rounds, bool leased)
      : redis_(redis),
        rounds_(rounds),
        round_(leased),
        meter_(leased ? "orchestrator, each beat answered by a grant" : "orchestrator", rounds,
               round_.beat_size()),
        sink_(ports.events, [this](EventView event) { note(event); }),
        ports_{ports.clock,   ports.transport, ports.store,  ports.entropy,
               ports.signals, sink_,           ports.process} {
    const SettingSource source{
        "benchmark", {{"REDIS_URL", "unix://" + redis.socket_path()}, {"NEW_FLEET", "true"}}};
    orchestrator_ = make_orchestrator(ports_, read_orchestrator_settings({&source, 1}).settings);
    if (!leased) {
      for (std::uint64_t shard = 0; shard < shards; ++shard) {
        for (std::uint64_t game = 0; game < games_per_shard; ++game) {
          games_.push_back({game_of(shard, game), "nba", "", ""});
        }
      }
    }
  }

  void start() override {
    orchestrator_->start();
    orchestrator_->on_live_games(games_);
  }
  void terminate() override { ports_.process.exit(ExitCode::ok, "asked to"); }

 private:
  void note(EventView event) {
    if (event.name() == "link_ready" && ++links_ == 2) {
      feeder_ = std::make_unique<Feeder>(redis_, round_, rounds_);
    } else if (event.name() == "link_lost") {
      // What was published meanwhile is gone: the last beat would never be counted.
      std::fprintf(stderr, "a link was lost; is the machine too busy to be measured?\n");
      std::exit(1);
    } else if (event.get_if<HeartbeatHeard>() != nullptr && meter_.count()) {
      meter_.print();
      ports_.process.exit(ExitCode::ok, "all beats are taken");
    }
  }

  const RealRedis& redis_;
  std::uint64_t rounds_;
  Round round_;
  Meter meter_;
  CountingSink sink_;
  Ports ports_;
  std::vector<LiveGame> games_;
  std::unique_ptr<Orchestrator> orchestrator_;
  std::unique_ptr<Feeder> feeder_;
  int links_ = 0;
};

void consume(const RealRedis& redis, std::uint64_t rounds, bool leased) {
  auto host = prod::Host::create({.program = "orchestrator-feed-bench",
                                  .node = NodeName("orchestrator"),
                                  .log_level = Severity::critical});
  if (!host) {
    std::fprintf(stderr, "%s\n", host.error().c_str());
    std::exit(1);
  }
  Consumer consumer(redis, (*host)->ports(), rounds, leased);
  std::exit((*host)->run(consumer) == 0 ? 0 : 1);
}

/// In a process of its own: what one leaves in memory is not the next one's.
int in_child(const std::function<void()>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    work();
    std::exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

int measure(std::uint64_t rounds) {
  // A feeder that is faster than the consumer must not have it cut off.
  const RealRedis redis({"--client-output-buffer-limit", "pubsub 0 0 0"});
  int failed = 0;
  failed |= in_child([&] { subscribe_with_hiredis(redis, rounds, false); });
  failed |= in_child([&] { subscribe_with_hiredis(redis, rounds, true); });
  failed |= in_child([&] { consume(redis, rounds, false); });
  failed |= in_child([&] { consume(redis, rounds, true); });
  return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace arbees

int main(int argc, char** argv) {
  const unsigned long rounds = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 300;
  if (argc > 2 || rounds <= arbees::rounds_before) {
    std::fprintf(stderr, "usage: orchestrator_feed_bench [ROUNDS]   (of 1,000 beats, above 5)\n");
    return 2;
  }
  return arbees::measure(rounds);
}
