#include "sim/runner/service.h"

#include <string>
#include <utility>

#include "core/redis/command.h"
#include "core/redis/reply.h"
#include "core/redis/resp_reader.h"
#include "core/wire/channels.h"
#include "core/wire/json_writer.h"
#include "core/wire/timestamp.h"
#include "sim/world/events.h"

namespace arbees::sim {
namespace {

constexpr Duration beat_interval = seconds{10};
constexpr Duration reconnect_wait = seconds{1};
constexpr std::string_view key_lives = "35";

class Service final : public Program, private ConnectionHandler {
 public:
  Service(Ports& ports, const ServiceKind& kind, Endpoint redis)
      : ports_(ports),
        kind_(kind),
        redis_(std::move(redis)),
        started_at_(wire::to_rfc3339(ports.clock.wall_now())),
        timer_(ports.clock.make_timer([this] { go_on(); })) {}

  void start() override { go_on(); }
  void terminate() override { ports_.process.exit(ExitCode::ok, "asked to end"); }

 private:
  /// What is due: an attempt to connect, or a heartbeat.
  void go_on() {
    if (connection_ == nullptr) {
      reader_ = arbees::redis::RespReader();
      connection_ = ports_.transport.connect(redis_, *this);
    } else {
      beat();
    }
  }

  void beat() {
    const std::string text = heartbeat();
    std::string commands;
    arbees::redis::append_command(commands, {"PUBLISH", wire::services_channel, text});
    arbees::redis::append_command(
        commands, {"SETEX", "health:hb:" + std::string(kind_.name) + ":1", key_lives, text});
    connection_->write(commands);
    timer_->arm(ports_.clock.now() + beat_interval);
  }

  [[nodiscard]] std::string heartbeat() const {
    wire::JsonWriter json;
    json.member("service", kind_.name)
        .member("instance_id", "1")
        .member("status", "healthy")
        .member("started_at", started_at_)
        .begin_object("checks");
    for (const std::string_view check : kind_.checks) {
      if (!check.empty()) {
        json.flag(check, true);
      }
    }
    return json.end_object().finish();
  }

  void on_connected() override { beat(); }
  void on_drained() override {}
  void on_data(std::string_view bytes) override {
    reader_.feed(bytes);
    for (auto next = reader_.next(); next && *next != nullptr; next = reader_.next()) {
      if ((*next)->is(arbees::redis::Reply::Kind::error)) {
        ports_.events.record(ServiceRefused{std::string(kind_.name), (*next)->text}, EventId{});
        trouble();
      }
    }
  }
  void on_closed(CloseReason, std::string_view, EventId) override {
    connection_ = nullptr;
    timer_->arm(ports_.clock.now() + reconnect_wait);
    trouble();
  }

  void trouble() {
    if (kind_.when_refused == ServiceKind::Refused::falls_silent) {
      timer_->disarm();
    }
  }

  Ports& ports_;
  const ServiceKind& kind_;
  Endpoint redis_;
  std::string started_at_;
  arbees::redis::RespReader reader_;
  std::unique_ptr<Timer> timer_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace

std::unique_ptr<Program> make_service(Ports& ports, const ServiceKind& kind, Endpoint redis) {
  return std::make_unique<Service>(ports, kind, std::move(redis));
}

}  // namespace arbees::sim
