#include "sim/runner/old_wire_shard.h"

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "core/redis/command.h"
#include "core/redis/reply.h"
#include "core/redis/resp_reader.h"
#include "core/shard/events.h"
#include "core/shard/identity.h"
#include "core/wire/channels.h"
#include "core/wire/heartbeat.h"
#include "core/wire/timestamp.h"
#include "sim/world/old_wire.h"

namespace arbees::sim {
namespace {

using arbees::redis::Reply;

/// Until its first subscription stands it ends and is started again, as often as it takes.
constexpr Duration start_again = seconds{1};

/// One connection to Redis.
class OldShardLine final : private ConnectionHandler {
 public:
  /// What its owner does when it can write, and with each reply.
  struct Calls {
    std::function<void()> connected;
    std::function<void(const Reply&)> reply;
  };

  OldShardLine(Transport& transport, Calls calls)
      : transport_(transport), calls_(std::move(calls)) {}

  void connect(const Endpoint& redis) {
    reader_ = arbees::redis::RespReader();
    connection_ = transport_.connect(redis, *this);
    ready_ = false;
  }
  [[nodiscard]] bool there() const { return connection_ != nullptr; }
  [[nodiscard]] bool ready() const { return ready_; }
  void send(std::initializer_list<std::string_view> words) {
    std::string bytes;
    arbees::redis::append_command(bytes, words);
    connection_->write(bytes);
  }

 private:
  void on_connected() override {
    ready_ = true;
    calls_.connected();
  }
  void on_drained() override {}
  void on_data(std::string_view bytes) override {
    reader_.feed(bytes);
    for (auto next = reader_.next(); next && *next != nullptr; next = reader_.next()) {
      calls_.reply(**next);
    }
  }
  void on_closed(CloseReason, std::string_view, EventId) override {
    connection_ = nullptr;
    ready_ = false;
  }

  Transport& transport_;
  Calls calls_;
  arbees::redis::RespReader reader_;
  std::unique_ptr<Connection> connection_;
  bool ready_ = false;
};

class OldWireShard final : public Program {
 public:
  OldWireShard(Ports& ports, const ShardSettings& settings, const Dependencies& dependencies)
      : ports_(ports),
        dependencies_(dependencies),
        settings_(settings),
        identity_(draw_identity(ports)),
        commands_(ports.transport,
                  {[this] { subscribe(); }, [this](const Reply& reply) { hear(reply); }}),
        heartbeats_(ports.transport, {[this] { beat(); }, [](const Reply&) {}}),
        timer_(ports.clock.make_timer([this] { on_timer(); })) {}

  void start() override {
    ports_.events.record(ShardStarted{settings_.id, identity_.boot, settings_.max_games,
                                      std::string(old_wire_lease_mode)},
                         EventId{});
    next_signals_ = ports_.clock.now() + settings_.signal_period;
    on_timer();
  }
  void terminate() override { ports_.process.exit(ExitCode::ok, "asked to"); }

 private:
  struct Running {
    SignalSeq last_signal;
  };

  void on_timer() {
    const MonoTime now = ports_.clock.now();
    if (!subscribed_ && !commands_.there()) {
      commands_.connect(settings_.redis.endpoint);
    }
    if (subscribed_ && next_beat_ <= now) {
      next_beat_ = now + settings_.heartbeat_interval;
      if (!heartbeats_.there()) {
        heartbeats_.connect(settings_.redis.endpoint);
      } else if (heartbeats_.ready()) {
        beat();
      }
    }
    if (next_signals_ <= now) {
      emit(now);
    }
    MonoTime next = std::min(next_signals_, subscribed_ ? next_beat_ : now + start_again);
    timer_->arm(next);
  }

  // --- commands ---------------------------------------------------------------------------------

  void subscribe() { commands_.send({"SUBSCRIBE", wire::command_channel(settings_.id)}); }

  void hear(const Reply& reply) {
    if (!reply.is(Reply::Kind::array) || reply.elements.size() != 3) {
      return;
    }
    if (reply.elements[0].text == "subscribe") {
      subscribed_ = true;
      next_beat_ = ports_.clock.now();
      timer_->arm(next_beat_);
    } else if (reply.elements[0].text == "message") {
      obey(nlohmann::json::parse(reply.elements[2].text, nullptr, false));
    }
  }

  /// What it does not know it drops.
  void obey(const nlohmann::json& command) {
    const auto text = [&](const char* key) {
      const auto found = command.find(key);
      return found != command.end() && found->is_string() ? found->get<std::string>()
                                                          : std::string();
    };
    if (!command.is_object() || text("game_id").empty()) {
      return;
    }
    const GameId game(text("game_id"));
    const auto cause = command.find("cause");
    const EventId because(
        cause != command.end() && cause->is_number_unsigned() ? cause->get<std::uint64_t>() : 0);
    if (text("type") == "add_game" && !text("sport").empty()) {
      if (games_.try_emplace(game).second) {
        ports_.events.record(GameAdded{settings_.id, game, Epoch{}}, because);
      }
    } else if (text("type") == "remove_game" && games_.erase(game) > 0) {
      ports_.events.record(GameRemoved{settings_.id, game, Epoch{}, "ordered"}, because);
    }
  }

  // --- what it says -----------------------------------------------------------------------------

  void beat() {
    wire::Heartbeat beat;
    beat.shard = settings_.id;
    beat.shard_type = settings_.type;
    beat.max_games = settings_.max_games;
    beat.timestamp = wire::to_rfc3339(ports_.clock.wall_now());
    beat.started_at = identity_.started_at;
    beat.process_id = identity_.process_id;
    beat.version = settings_.version;
    const bool espn = !dependencies_.failing("espn_api_ok");
    beat.status = espn ? "healthy" : "degraded";
    beat.checks = {
        {"redis_ok", true}, {"espn_api_ok", espn}, {"zmq_ok", !dependencies_.failing("zmq_ok")}};
    for (auto game = games_.rbegin(); game != games_.rend(); ++game) {
      beat.games.push_back(game->first);  // as they stand in a hash map: in no order
    }
    ports_.events.record(HeartbeatSent{settings_.id, {}, "interval", games_.size()}, EventId{});
    heartbeats_.send({"PUBLISH", wire::heartbeat_channel(settings_.id), wire::encode(beat)});
  }

  void emit(MonoTime now) {
    while (next_signals_ <= now) {
      next_signals_ += settings_.signal_period;
    }
    for (auto& [game, running] : games_) {
      running.last_signal = running.last_signal.next();
      // Its boot is for those who watch the simulation; on the wire there is none.
      const EventId emitted = ports_.events.record(
          SignalEmitted{settings_.id, identity_.boot, game, Epoch{}, running.last_signal, {}},
          EventId{});
      ports_.signals.publish({game, Epoch{}, running.last_signal, settings_.id, identity_.boot, {}},
                             emitted);
    }
  }

  Ports& ports_;
  const Dependencies& dependencies_;
  ShardSettings settings_;
  Identity identity_;
  OldShardLine commands_;
  OldShardLine heartbeats_;
  std::unique_ptr<Timer> timer_;
  std::map<GameId, Running> games_;
  MonoTime next_beat_{};
  MonoTime next_signals_{};
  bool subscribed_ = false;  ///< it was, once
};

}  // namespace

std::unique_ptr<Program> make_old_wire_shard(Ports& ports, const ShardSettings& settings,
                                             const Dependencies& dependencies) {
  return std::make_unique<OldWireShard>(ports, settings, dependencies);
}

}  // namespace arbees::sim
