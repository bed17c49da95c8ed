#include "core/wire/startup_state.h"

#include "core/wire/channels.h"
#include "core/wire/json_reader.h"
#include "core/wire/json_writer.h"
#include "core/wire/letter_case.h"
#include "core/wire/timestamp.h"

namespace arbees::wire {
namespace {

constexpr std::string_view asker_key = "monitor_type";
/// More than an entry takes, whose names come from outside but are names.
constexpr std::size_t entry_bytes_max = 8'192;
/// Of an unknown kind of monitor so much is repeated.
constexpr std::size_t shown_length = 80;

class RequestDecoder final : public JsonVisitor {
 public:
  bool text(const JsonPlace& at, std::string_view value) override {
    if (at.key == asker_key && at.inner.empty() && !at.in_array) {
      monitor_type = value;
    }
    return true;
  }
  bool integer(const JsonPlace& at, std::uint64_t /*value*/) override { return no_text(at); }
  bool other_number(const JsonPlace& at) override { return no_text(at); }
  bool flag(const JsonPlace& at, bool /*value*/) override { return no_text(at); }
  bool begins(const JsonPlace& at, JsonContainer /*container*/) override { return no_text(at); }

  std::string monitor_type;

 private:
  static bool no_text(const JsonPlace& at) { return at.key != asker_key; }
};

void write_markets(JsonWriter& json, const AssignedGame& assigned) {
  json.member("shard_id", assigned.shard)
      .text_or_null("kalshi_market_id", assigned.game.kalshi_market_id)
      .text_or_null("polymarket_market_id", assigned.game.polymarket_market_id);
  write_market_ids_by_type(json, assigned.game);
  json.member("assigned_at", to_rfc3339_zulu(assigned.assigned_at));
}

void write_game(JsonWriter& json, const AssignedGame& assigned) {
  json.begin_element()
      .member("game_id", assigned.game.id)
      .member("sport", upper_case(assigned.game.sport));
  write_markets(json, assigned);
  json.member_if_any("epoch", assigned.epoch).end_object();
}

void write_event(JsonWriter& json, const AssignedGame& assigned) {
  const std::string sport = upper_case(assigned.game.sport);
  json.begin_element().member("event_id", assigned.game.id).member("game_id", assigned.game.id);
  json.begin_object("market_type").member("type", "sport").member("sport", sport).end_object();
  json.member("entity_a", "").null("entity_b");
  write_markets(json, assigned);
  json.null("target_price").null("target_date");
  json.begin_object("metadata").end_object();
  json.end_object();
}

}  // namespace

std::string_view to_string(Asker asker) {
  switch (asker) {
    case Asker::kalshi: return "kalshi";
    case Asker::polymarket: return "polymarket";
    case Asker::game_shard: return "game_shard";
  }
  return "unknown";
}

std::optional<Platform> platform_of(Asker asker) {
  switch (asker) {
    case Asker::kalshi: return Platform::kalshi;
    case Asker::polymarket: return Platform::polymarket;
    case Asker::game_shard: break;
  }
  return std::nullopt;
}

std::string startup_response_channel(Asker asker) {
  return std::string(startup_response_prefix) + std::string(to_string(asker));
}

std::expected<Asker, std::string> decode_startup_request(std::string_view message) {
  RequestDecoder decoder;
  if (auto read = read_json(message, decoder); !read) {
    return std::unexpected(read.error());
  }
  for (const Asker asker : askers) {
    if (decoder.monitor_type == to_string(asker)) {
      return asker;
    }
  }
  return std::unexpected(decoder.monitor_type.empty()
                             ? "no \"monitor_type\""
                             : "unknown \"monitor_type\" \"" +
                                   decoder.monitor_type.substr(0, shown_length) + "\"");
}

StartupResponse startup_response(Asker asker, const std::vector<AssignedGame>& games) {
  const std::optional<Platform> platform = platform_of(asker);
  StartupResponse response;
  JsonWriter json;
  json.begin_array(platform ? "markets" : "games");
  for (const AssignedGame& assigned : games) {
    if (platform && market_of(assigned.game, *platform).empty()) {
      continue;
    }
    if (json.size() + entry_bytes_max > message_bytes_max) {
      ++response.left_out;
      continue;
    }
    if (platform) {
      write_event(json, assigned);
    } else {
      write_game(json, assigned);
    }
    ++response.told;
  }
  response.message = json.end_array().finish();
  return response;
}

}  // namespace arbees::wire
