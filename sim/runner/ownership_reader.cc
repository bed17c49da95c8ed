#include "sim/runner/ownership_reader.h"

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "core/wire/channels.h"
#include "core/wire/startup_state.h"

namespace arbees::sim {
namespace {

/// An orchestrator that has just started does not answer yet.
constexpr Duration ask_again = seconds{5};

class OwnershipReader final : public Program, private arbees::redis::BusHandler {
 public:
  OwnershipReader(Ports& ports, arbees::redis::BusSettings redis, OwnerNamed named)
      : ports_(ports),
        named_(std::move(named)),
        bus_(ports, std::move(redis),
             {{std::string(wire::ownership_channel), false},
              {wire::startup_response_channel(wire::Asker::game_shard), false}},
             *this),
        again_(ports.clock.make_timer([this] { ask(); })) {}

  void start() override { bus_.start({}); }
  void terminate() override { ports_.process.exit(ExitCode::ok, "asked to"); }

 private:
  void ask() {
    bus_.publish({std::string(wire::startup_request_channel),
                  R"({"monitor_type":"game_shard"})",
                  Duration{},
                  {}},
                 EventId{});
    again_->arm(ports_.clock.now() + ask_again);
  }

  void on_link_ready(arbees::redis::LinkRole, EventId) override {
    if (bus_.ready(arbees::redis::LinkRole::publisher) &&
        bus_.ready(arbees::redis::LinkRole::subscriber)) {
      ask();
    }
  }
  void on_link_lost(arbees::redis::LinkRole, EventId) override { again_->disarm(); }
  void on_published(const arbees::redis::PublicationResult&) override {}

  void on_message(std::string_view channel, std::string_view payload) override {
    const nlohmann::json message = nlohmann::json::parse(payload, nullptr, false);
    if (!message.is_object()) {
      return;
    }
    if (channel == wire::ownership_channel) {
      take_news(message);
    } else if (message.contains("games")) {
      again_->disarm();
      take_answer(message["games"]);
    }
  }

  /// A game without an owner has ended: nobody may emit for it.
  void take_news(const nlohmann::json& message) {
    const nlohmann::json epochs = message.value("epochs", nlohmann::json::object());
    const nlohmann::json owners = message.value("owners", nlohmann::json::object());
    for (const auto& [game, epoch] : epochs.items()) {
      named_(GameId(game), ShardId(owners.value(game, "")), Epoch(epoch.get<std::uint64_t>()));
    }
  }

  void take_answer(const nlohmann::json& games) {
    for (const nlohmann::json& game : games) {
      named_(GameId(game.value("game_id", "")), ShardId(game.value("shard_id", "")),
             Epoch(game.value("epoch", std::uint64_t{0})));
    }
  }

  Ports& ports_;
  OwnerNamed named_;
  arbees::redis::Bus bus_;
  std::unique_ptr<Timer> again_;
};

}  // namespace

std::unique_ptr<Program> make_ownership_reader(Ports& ports, arbees::redis::BusSettings redis,
                                               OwnerNamed named) {
  return std::make_unique<OwnershipReader>(ports, std::move(redis), std::move(named));
}

}  // namespace arbees::sim
