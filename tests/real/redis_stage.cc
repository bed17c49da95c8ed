#include "tests/real/redis_stage.h"

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <utility>

namespace arbees::real {
namespace {

std::filesystem::path program(std::string_view name) {
  return std::filesystem::path(ARBEES_BIN_DIR) / name;
}

/// Waits until a message comes on the channel or pattern.
void expect_heard(const testing::RealRedis& redis, const std::string& subscribe) {
  Operator listener(redis);
  listener.ask(subscribe);
  while (!listener.line().starts_with("{")) {
  }
}

/// The last that was heard of BLIND is its end.
bool sees(const sim::EventFile& events) {
  const Wanted entered{.event = "mode_entered", .fields = {{"mode", "BLIND"}}};
  const Wanted left{.event = "mode_left", .fields = {{"mode", "BLIND"}}};
  bool blind = true;
  for (const sim::RecordedEvent& event : events.events) {
    blind = (blind || entered.matches(event)) && !left.matches(event);
  }
  return !blind;
}

class ShardSubject final : public Subject {
 public:
  [[nodiscard]] std::string name() const override { return "shard"; }
  [[nodiscard]] Command command(const prod::TempFolder& /*folder*/) const override {
    return {.program = program("arbees-shard"),
            .arguments = {},
            .environment = {{"SHARD_ID", "s1"}, {"HEARTBEAT_INTERVAL_SECS", "2"}},
            .log = {}};
  }
  [[nodiscard]] std::string heard_channel() const override { return "shard:s1:command"; }
  [[nodiscard]] std::string rights_to_listen() const override { return "&shard:s1:command"; }
  void provoke(Operator& /*person*/) const override {}        // its heartbeats are enough
  void expect_alert(RedisStage& /*stage*/) const override {}  // without games nothing is fenced
  void expect_service(RedisStage& stage) const override {
    expect_heard(stage.redis(), "SUBSCRIBE shard:s1:heartbeat");
    const std::size_t rejected = stage.count({.event = "message_rejected"});
    Operator speaker(stage.redis());
    EXPECT_EQ(speaker.ask("PUBLISH " + heard_channel() + " x"), ":1");
    stage.wait_for(rejected + 1, {.event = "message_rejected"});
  }
};

class OrchestratorSubject final : public Subject {
 public:
  [[nodiscard]] std::string name() const override { return "orchestrator"; }
  [[nodiscard]] Command command(const prod::TempFolder& folder) const override {
    const std::string games = folder.file("games.json");
    prod::write_text(games, "[]");
    return {.program = program("arbees-orchestrator"),
            .arguments = {"--games", games},
            .environment = {{"NEW_FLEET", "true"}},
            .log = {}};
  }
  [[nodiscard]] std::string heard_channel() const override { return "shard:s1:heartbeat"; }
  /// They allow its canary, too, which goes the way of heartbeats.
  [[nodiscard]] std::string rights_to_listen() const override {
    return "&shard:*:heartbeat &health:heartbeats &orchestrator:*";
  }
  /// Of a service in trouble it tells people.
  void provoke(Operator& person) const override {
    EXPECT_EQ(person.ask(R"(PUBLISH health:heartbeats '{"service": "kalshi_monitor", )"
                         R"("instance_id": "1", "status": "degraded"}')"),
              ":1");
  }
  void expect_alert(RedisStage& stage) const override { stage.wait_for(1, alert("alert_raised")); }
  /// It is blind no more, hears itself and hears a shard.
  void expect_service(RedisStage& stage) const override {
    stage.wait("the end of BLIND", sees);
    stage.wait_for(stage.count(alert("alert_raised")), alert("alert_resolved"));
    const Wanted canary{.event = "canary_heard"};
    stage.wait_for(stage.count(canary) + 1, canary);
    expect_heard(stage.redis(), "PSUBSCRIBE shard:_canary-*:heartbeat");
    const Wanted beat{.event = "heartbeat_heard", .fields = {{"shard", "s1"}}};
    const std::size_t heard = stage.count(beat);
    Operator speaker(stage.redis());
    EXPECT_EQ(speaker.ask("PUBLISH " + heard_channel() + R"( '{"shard_id": "s1"}')"), ":1");
    stage.wait_for(heard + 1, beat);
  }

 private:
  static Wanted alert(std::string_view edge) {
    return {.event = edge, .fields = {{"type", "ORCHESTRATOR_BLIND"}}};
  }
};

}  // namespace

std::string Operator::ask(const std::string& command) {
  socket_.send(command + "\r\n");
  return line();
}

std::string Operator::line() {
  while (unread_.find("\r\n") == std::string::npos) {
    const auto more = socket_.receive(event_patience);
    if (!more || more->empty()) {
      throw std::runtime_error("redis-server answers an operator with nothing");
    }
    unread_ += *more;
  }
  const std::size_t end = unread_.find("\r\n");
  std::string first = unread_.substr(0, end);
  unread_.erase(0, end + 2);
  return first;
}

std::unique_ptr<Subject> shard_subject() { return std::make_unique<ShardSubject>(); }

std::unique_ptr<Subject> orchestrator_subject() { return std::make_unique<OrchestratorSubject>(); }

void RedisStage::start_redis(std::vector<std::string> arguments) {
  redis_ = std::make_unique<testing::RealRedis>(std::move(arguments));
}

void RedisStage::start_program(const std::map<std::string, std::string>& settings) {
  Command command = subject_->command(folder_);
  command.arguments.insert(command.arguments.end(), {"--events", events_file()});
  command.environment["REDIS_URL"] = "redis://127.0.0.1:" + std::to_string(redis_->port());
  command.environment["REDIS_REFUSED_WAIT_SECS"] = "1";
  command.environment["ALERT_LOG_PATH"] = folder_.file("alerts.log");
  for (const auto& [name, value] : settings) {
    command.environment[name] = value;
  }
  command.log = folder_.file("log");
  process_ = std::make_unique<Process>(command);
}

void RedisStage::start_ready_program() {
  start_program();
  wait_for(2, {.event = "link_ready"});
  expect_service();
}

std::size_t RedisStage::count(const Wanted& wanted) { return matching(log_.events(), wanted); }

void RedisStage::wait_for(std::size_t least, const Wanted& wanted) {
  wait(std::to_string(least) + " x " + std::string(wanted.event),
       [&](const sim::EventFile& events) { return matching(events, wanted) >= least; });
}

void RedisStage::wait(const std::string& what,
                      const std::function<bool(const sim::EventFile&)>& done) {
  if (!log_.wait(event_patience, done)) {
    throw std::runtime_error("waited in vain for " + what + "\n" +
                             prod::read_text(folder_.file("log")));
  }
}

void RedisStage::wait_for_failures(std::size_t least, std::string_view reason) {
  const Wanted failure{.event = "link_attempt_failed", .fields = {{"reason", reason}}};
  wait_for(count(failure) + least, failure);
}

void RedisStage::expect_service() {
  EXPECT_FALSE(process_->ended());
  subject_->expect_service(*this);
}

}  // namespace arbees::real
