#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/real/event_log.h"
#include "tests/real/process.h"
#include "tests/real/simulated.h"
#include "tests/real/story.h"
#include "tests/support/real_redis.h"

namespace arbees::real {

/// Picks events: all of this name, recorded by this node or by any, that have these texts as fields.
struct Wanted {
  std::string_view event;
  std::string_view node = {};
  std::map<std::string_view, std::string_view> fields = {};

  [[nodiscard]] bool matches(const sim::RecordedEvent& candidate) const;
};

/// How many of the events are wanted.
[[nodiscard]] std::size_t matching(const sim::EventFile& events, const Wanted& wanted);

/// An orchestrator, its shards and a redis-server as processes, set as an incident says. Everything ends with
/// the object. Waiting is for events; what does not come in time is thrown as std::runtime_error
/// with the end of the processes' logs.
class RealFleet {
 public:
  /// Starts all of it and waits until every game is emitted for.
  explicit RealFleet(const Incident& incident,
                     testing::RedisProgram redis = testing::RedisProgram::redis_server);
  ~RealFleet();
  RealFleet(const RealFleet&) = delete;
  RealFleet& operator=(const RealFleet&) = delete;

  [[nodiscard]] testing::RealRedis& redis() { return redis_; }
  /// The process started last under this name: "orchestrator" or a shard's.
  [[nodiscard]] Process& process(const std::string& name) { return *processes_.at(name); }
  [[nodiscard]] const std::map<std::string, std::unique_ptr<Process>>& processes() const {
    return processes_;
  }

  /// Starts a shard as process `name`, whose events go to `name`.jsonl.
  void start_shard(const std::string& name, const std::string& shard_id);
  /// Starts an orchestrator as process `name`.
  void start_orchestrator(const std::string& name);
  /// kill -9.
  void kill(const std::string& name);
  /// From now on these games are live.
  void set_games(const std::vector<std::string>& games) const;
  /// Where the orchestrator keeps its state, if the incident is durable.
  [[nodiscard]] std::filesystem::path store() const;
  /// The end of what the processes logged.
  [[nodiscard]] std::string logs() const;

  [[nodiscard]] std::size_t count(const Wanted& wanted);
  /// Waits until so many events were recorded since the fleet was started.
  void wait_for(std::size_t least, const Wanted& wanted);
  /// Waits until as many changes were recorded as `expected` has, and then for two grants to each shard: what
  /// else is to come comes before.
  void wait_for_end_of(const Story& expected);
  [[nodiscard]] const sim::EventFile& events() { return log_.events(); }

 private:
  void wait(const std::string& what, const std::function<bool(const sim::EventFile&)>& done);
  [[nodiscard]] Command command(const std::string& program, const std::string& name) const;

  Incident incident_;
  std::filesystem::path folder_;
  testing::RealRedis redis_;
  EventLog log_;
  std::map<std::string, std::unique_ptr<Process>> processes_;
};

}  // namespace arbees::real
