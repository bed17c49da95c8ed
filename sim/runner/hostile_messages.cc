#include "sim/runner/hostile_messages.h"

#include <array>
#include <utility>

#include "core/wire/channels.h"
#include "core/wire/json_reader.h"
#include "core/wire/json_writer.h"

namespace arbees::sim {
namespace {

std::vector<HostileMessage> on_each(const std::vector<std::string>& channels,
                                    const std::vector<std::string>& payloads) {
  std::vector<HostileMessage> all;
  for (const std::string& channel : channels) {
    for (const std::string& payload : payloads) {
      all.push_back({channel, payload});
    }
  }
  return all;
}

/// Below and above what our programs take.
constexpr std::array<std::size_t, 2> huge_bytes{900'000, 2U << 20U};

/// Of a shard that takes no games.
std::string beat_that_tells(std::string_view key, std::uint64_t number) {
  wire::JsonWriter json;
  json.member("shard_id", nobodys_name)
      .member("status", "healthy")
      .member("process_id", "1")
      .member("max_games", std::uint64_t{0})
      .member(key, number);
  return json.begin_array("games").end_array().finish();
}

}  // namespace

std::optional<HostileMessage> HostileMessages::make(HostileKind kind, Entropy& draws) const {
  const ShardId& shard = shards_[draws.below(shards_.size())];
  const GameId game = games_.empty() ? GameId("g") : games_[draws.below(games_.size())];
  std::vector<HostileMessage> all = choices(kind, shard, game);
  if (all.empty()) {
    return std::nullopt;
  }
  HostileMessage chosen = std::move(all[draws.below(all.size())]);
  if (kind == HostileKind::huge) {
    chosen.payload.assign(huge_bytes[draws.below(huge_bytes.size())], 'x');
  }
  return chosen;
}

void HostileMessages::heard(HostileMessage message) {
  if (message.payload.size() > remembered_bytes) {
    return;
  }
  heard_.push_back(std::move(message));
  if (heard_.size() > remembered) {
    heard_.pop_front();
  }
}

std::vector<HostileMessage> HostileMessages::choices(HostileKind kind, const ShardId& shard,
                                                     const GameId& game) const {
  const std::string beat = wire::heartbeat_channel(shard);
  const std::string stray = wire::heartbeat_channel(ShardId(nobodys_name));
  const std::string command = wire::command_channel(shard);
  const std::string services(wire::services_channel);
  const std::string startup(wire::startup_request_channel);
  const std::vector<std::string> everywhere{beat, stray, command, services, startup};
  switch (kind) {
    case HostileKind::malformed:
      return on_each(everywhere,
                     {"", "not json", "\x81\xac\x0d", std::string(2'000, '['),
                      R"({"shard_id":"shard-1","games":[)", "{\"shard_id\":\"\xc3\x28\"}"});
    case HostileKind::missing_fields:
      return {{stray, "{}"},
              {command, "{}"},
              {command, R"({"type":"add_game"})"},
              {command, R"({"type":"remove_game"})"},
              {command, R"({"type":"grant"})"},
              {services, R"({"status":"healthy"})"},
              {startup, "{}"}};
    case HostileKind::wrong_types:
      return {{stray, R"({"shard_id":5})"},
              {stray, R"({"shard_id":"stranger","games":"all of them"})"},
              {command, R"({"type":7})"},
              {command, R"({"type":"grant","grants":[1]})"},
              {command,
               R"({"type":"add_game","game_id":")" + game.str() + R"(","sport":"nba","seq":-1})"},
              {command, R"({"type":"remove_game","game_id":["g"],"term":1.5})"},
              {services, R"({"service":["kalshi_monitor"],"status":1})"},
              {startup, R"({"monitor_type":[]})"}};
    case HostileKind::unknown_fields:
      return {{command, R"({"type":"dance","tempo":120,"partners":[{"name":null}]})"},
              {command, R"({"tempo":{"beats":[1,2,3]}})"},
              {startup, R"({"monitor_type":"kalshi","tempo":120})"}};
    case HostileKind::huge: return on_each(everywhere, {""});
    case HostileKind::replayed: return {heard_.begin(), heard_.end()};
    case HostileKind::old_version:
      return {{command, R"({"type":"remove_game","game_id":")" + game.str() + R"("})"}};
    case HostileKind::impostor:
      return {{wire::heartbeat_channel(forged_), impostors_beat()}, {beat, impostors_beat()}};
    case HostileKind::largest_numbers:
      return on_each(
          {stray}, {beat_that_tells("seen_epoch", believed_max),
                    beat_that_tells("seen_epoch", believed_max + believed_step + believed_step / 2),
                    beat_that_tells("seen_epoch", wire::message_integer_max),
                    beat_that_tells("seen_term", wire::message_integer_max)});
  }
  return {};
}

/// It takes no games, but claims to have them all.
std::string HostileMessages::impostors_beat() const {
  wire::JsonWriter json;
  json.member("shard_id", forged_.str())
      .member("status", "healthy")
      .member("process_id", "1")
      .member("max_games", std::uint64_t{0})
      .begin_array("games");
  for (const GameId& game : games_) {
    json.element(game.str());
  }
  return json.end_array().finish();
}

}  // namespace arbees::sim
