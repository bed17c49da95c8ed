#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/prod/temp_folder.h"
#include "tests/real/event_log.h"
#include "tests/real/outage.h"
#include "tests/real/process.h"
#include "tests/real/real_fleet.h"
#include "tests/support/real_redis.h"
#include "tests/support/stream_socket.h"

namespace arbees::real {

/// A connection of an operator's to a server, beside those under test.
class Operator {
 public:
  explicit Operator(const testing::RealRedis& redis)
      : socket_(testing::StreamSocket::connect_unix(redis.socket_path())) {}

  /// Sends an inline command; the first line of what it answers, or what is left of an earlier answer.
  std::string ask(const std::string& command);
  std::string line();

 private:
  testing::StreamSocket socket_;
  std::string unread_;
};

class RedisStage;

/// Which of our programs is on the stage: how it is started, and how it shows that Redis serves it.
class Subject {
 public:
  virtual ~Subject() = default;
  [[nodiscard]] virtual std::string name() const = 0;
  /// Without what says where Redis is, and with its files in `folder`.
  [[nodiscard]] virtual Command command(const prod::TempFolder& folder) const = 0;
  /// A channel it listens to.
  [[nodiscard]] virtual std::string heard_channel() const = 0;
  /// The access rules that let it listen, and speak of itself to nobody else.
  [[nodiscard]] virtual std::string rights_to_listen() const = 0;
  /// Gives it a reason to publish something for which those rights are not enough.
  virtual void provoke(Operator& person) const = 0;
  /// While it had no Redis, it raised the alert that is meant for that, if there is one.
  virtual void expect_alert(RedisStage& stage) const = 0;
  /// It is heard, and what is said to it is; what it raised is resolved.
  virtual void expect_service(RedisStage& stage) const = 0;
};

using MakeSubject = std::unique_ptr<Subject> (*)();
[[nodiscard]] std::unique_ptr<Subject> shard_subject();
[[nodiscard]] std::unique_ptr<Subject> orchestrator_subject();

/// A redis-server, and one of our programs on it. Waiting is for events; what does not come in time is
/// thrown as std::runtime_error with the log of the program.
class RedisStage {
 public:
  explicit RedisStage(std::unique_ptr<Subject> subject) : subject_(std::move(subject)) {}

  void start_redis(std::vector<std::string> arguments = {});
  void start_program(const std::map<std::string, std::string>& settings = {});
  /// Returns when Redis serves it.
  void start_ready_program();

  [[nodiscard]] std::size_t count(const Wanted& wanted);
  void wait_for(std::size_t least, const Wanted& wanted);
  void wait(const std::string& what, const std::function<bool(const sim::EventFile&)>& done);
  /// As many failed attempts as show that it neither gives up nor hurries.
  void wait_for_failures(std::size_t least, std::string_view reason);
  [[nodiscard]] Outage outage() const { return Outage({{subject_->name(), process_.get()}}); }
  /// It runs, its subscriptions stand, it is heard and hears.
  void expect_service();

  [[nodiscard]] testing::RealRedis& redis() { return *redis_; }
  [[nodiscard]] Process& process() { return *process_; }
  [[nodiscard]] const Subject& subject() const { return *subject_; }
  [[nodiscard]] std::string recorded() const { return prod::read_text(events_file()); }
  [[nodiscard]] std::string file(std::string_view name) const { return folder_.file(name); }

 private:
  [[nodiscard]] std::string events_file() const { return folder_.file("program.jsonl"); }

  prod::TempFolder folder_;
  std::unique_ptr<Subject> subject_;
  std::unique_ptr<testing::RealRedis> redis_;
  EventLog log_{folder_.file("")};
  std::unique_ptr<Process> process_;
};

}  // namespace arbees::real
