#include "core/wire/heartbeat.h"

#include <algorithm>
#include <charconv>

#include "core/wire/json_reader.h"
#include "core/wire/json_writer.h"

namespace arbees::wire {
namespace {

constexpr std::uint64_t interval_ms_max = 3'600'000;

class HeartbeatDecoder final : public JsonVisitor {
 public:
  HeartbeatDecoder() { beat.lists_games = false; }

  bool text(const JsonPlace& at, std::string_view value) override {
    if (at.in_array) {
      return list_element(at, value);
    }
    if (!at.inner.empty()) {
      return !is_inner_number(at.key) && at.key != "checks";
    }
    if (std::string* field = text_field(at.key)) {
      *field = value;
      return true;
    }
    if (at.key == "shard_id") {
      beat.shard = ShardId(value);
      return !value.empty();
    }
    if (at.key == "instance_id") {
      instance = ShardId(value);
      return true;
    }
    if (at.key == "seen_instance") {
      beat.seen_instance = InstanceId(value);
      return true;
    }
    if (at.key == "boot") {
      const std::optional<Boot> boot = parse_boot(value);
      beat.boot = boot.value_or(Boot{});
      return boot.has_value();
    }
    if (at.key == "lease") {
      beat.leased = value != "off";
      return true;
    }
    return !is_number(at.key) && !is_container(at.key);
  }

  bool integer(const JsonPlace& at, std::uint64_t value) override {
    if (at.in_array) {
      return applied_above(at, value);
    }
    if (!at.inner.empty()) {
      return inner_integer(at, value);
    }
    if (at.key == "max_games") {
      beat.max_games = value;
    } else if (at.key == "hb_seq") {
      beat.hb_seq = HeartbeatSeq(value);
    } else if (at.key == "seen_term") {
      beat.seen_term = Term(value);
    } else if (at.key == "last_grant") {
      beat.last_grant = HeartbeatSeq(value);
    } else if (at.key == "void_upto") {
      beat.void_upto = HeartbeatSeq(value);
    } else if (at.key == "cause") {
      beat.cause = EventId(value);
    } else if (at.key == "heartbeat_interval_ms") {
      beat.interval = milliseconds{std::min(value, interval_ms_max)};
      return value > 0;
    } else if (at.key == "process_id") {
      beat.process_id = std::to_string(value);
    } else {
      return text_field(at.key) == nullptr && at.key != "shard_id" && at.key != "boot" &&
             at.key != "lease" && at.key != "seen_instance" && !is_container(at.key);
    }
    return true;
  }

  bool flag(const JsonPlace& at, bool value) override {
    if (at.key == "checks" && !at.inner.empty()) {
      beat.checks.insert_or_assign(std::string(at.inner), value);
      return true;
    }
    return !is_known(at.key);
  }

  bool other_number(const JsonPlace& at) override {
    return !is_known(at.key) || at.key == "metrics";
  }

  bool begins(const JsonPlace& at, JsonContainer container) override {
    const bool array = container == JsonContainer::array;
    if (at.key == "games") {
      beat.games.clear();
      beat.lists_games = true;
      return array;
    }
    if (at.key == "events") {
      beat.events.emplace();
      return array;
    }
    if (at.key == "fenced_games") {
      beat.fenced.clear();
      return array;
    }
    if (at.key == "checks") {
      beat.checks.clear();
    } else if (at.key == "game_epochs") {
      beat.epochs.clear();
    } else if (at.key == "refused_games") {
      beat.refused.clear();
    } else if (at.key == "applied") {
      beat.applied.emplace();
    } else if (at.key == "applied_above") {
      above.clear();
      return array;
    } else {
      return !is_known(at.key) || at.key == "metrics";
    }
    return !array;
  }

  Heartbeat beat;
  ShardId instance;  ///< "instance_id", which counts where there is no "shard_id"
  std::vector<CommandSeq> above;

 private:
  std::string* text_field(std::string_view key) {
    if (key == "shard_type")
      return &beat.shard_type;
    if (key == "started_at")
      return &beat.started_at;
    if (key == "process_id")
      return &beat.process_id;
    if (key == "version")
      return &beat.version;
    if (key == "status")
      return &beat.status;
    if (key == "timestamp")
      return &beat.timestamp;
    return nullptr;
  }

  static bool is_number(std::string_view key) {
    return key == "max_games" || key == "hb_seq" || key == "seen_term" || key == "last_grant" ||
           key == "void_upto" || key == "heartbeat_interval_ms";
  }
  static bool is_inner_number(std::string_view key) {
    return key == "game_epochs" || key == "refused_games" || key == "applied";
  }
  static bool is_container(std::string_view key) {
    return key == "games" || key == "events" || key == "fenced_games" || key == "checks" ||
           key == "metrics" || key == "applied_above" || is_inner_number(key);
  }
  bool is_known(std::string_view key) {
    return is_number(key) || is_container(key) || text_field(key) != nullptr || key == "shard_id" ||
           key == "boot" || key == "lease" || key == "seen_instance";
  }

  bool list_element(const JsonPlace& at, std::string_view value) {
    if (at.key == "games") {
      beat.games.emplace_back(value);
    } else if (at.key == "events") {
      beat.events->emplace_back(value);
    } else if (at.key == "fenced_games") {
      beat.fenced.emplace_back(value);
    } else {
      return at.key != "applied_above";
    }
    return true;
  }

  bool applied_above(const JsonPlace& at, std::uint64_t value) {
    if (at.key == "applied_above") {
      above.emplace_back(value);
      return true;
    }
    return !is_known(at.key);
  }

  bool inner_integer(const JsonPlace& at, std::uint64_t value) {
    if (at.key == "game_epochs") {
      beat.epochs.insert_or_assign(GameId(at.inner), Epoch(value));
    } else if (at.key == "refused_games") {
      beat.refused.insert_or_assign(GameId(at.inner), Epoch(value));
    } else if (at.key == "applied" && at.inner == "term") {
      beat.applied->term = Term(value);
    } else if (at.key == "applied" && at.inner == "watermark") {
      beat.applied->watermark = CommandSeq(value);
    } else {
      return at.key != "checks";
    }
    return true;
  }
};

void write_epochs(JsonWriter& json, std::string_view key, const std::map<GameId, Epoch>& epochs) {
  json.begin_object(key);
  for (const auto& [game, epoch] : epochs) {
    json.member(game.str(), epoch);
  }
  json.end_object();
}

void write_games(JsonWriter& json, std::string_view key, const std::vector<GameId>& games) {
  json.begin_array(key);
  for (const GameId& game : games) {
    json.element(game.str());
  }
  json.end_array();
}

void write_existing_wire(JsonWriter& json, const Heartbeat& beat) {
  json.member("shard_id", beat.shard)
      .member("shard_type", beat.shard_type)
      .member("game_count", std::uint64_t{beat.games.size()});
  if (beat.max_games) {
    json.member("max_games", *beat.max_games);
  }
  if (beat.lists_games) {
    write_games(json, "games", beat.games);
  }
  if (beat.events) {
    json.begin_array("events");
    for (const std::string& event : *beat.events) {
      json.element(std::string_view(event));
    }
    json.end_array();
  }
  json.member("timestamp", beat.timestamp)
      .member("started_at", beat.started_at)
      .member("process_id", beat.process_id)
      .member("version", beat.version)
      .member("status", beat.status);
  json.begin_object("checks");
  for (const auto& [check, ok] : beat.checks) {
    json.flag(check, ok);
  }
  json.end_object();
  json.begin_object("metrics");
  if (beat.max_games) {
    json.member("max_games", *beat.max_games);
  }
  json.end_object();
}

void write_our_wire(JsonWriter& json, const Heartbeat& beat) {
  json.member("boot", boot_text(beat.boot)).member("hb_seq", beat.hb_seq);
  if (beat.interval) {
    json.member("heartbeat_interval_ms",
                static_cast<std::uint64_t>(
                    std::chrono::duration_cast<milliseconds>(*beat.interval).count()));
  }
  json.member_if_any("seen_term", beat.seen_term);
  if (!beat.seen_instance.empty()) {
    json.member("seen_instance", beat.seen_instance);
  }
  if (beat.applied) {
    json.begin_object("applied")
        .member("term", beat.applied->term)
        .member("watermark", beat.applied->watermark)
        .end_object();
    json.begin_array("applied_above");
    for (const CommandSeq seq : beat.applied->above) {
      json.element(seq.value());
    }
    json.end_array();
  }
  write_epochs(json, "game_epochs", beat.epochs);
  write_games(json, "fenced_games", beat.fenced);
  write_epochs(json, "refused_games", beat.refused);
  json.member_if_any("last_grant", beat.last_grant)
      .member_if_any("void_upto", beat.void_upto)
      .member("lease", beat.leased ? "on" : "off")
      .member_if_any("cause", beat.cause);
}

}  // namespace

bool Applied::covers(CommandSeq seq) const {
  return seq <= watermark || std::ranges::binary_search(above, seq);
}

std::expected<Heartbeat, std::string> decode_heartbeat(std::string_view message) {
  HeartbeatDecoder decoder;
  if (auto read = read_json(message, decoder); !read) {
    return std::unexpected(read.error());
  }
  if (decoder.beat.shard.empty()) {
    decoder.beat.shard = std::move(decoder.instance);
  }
  if (decoder.beat.shard.empty()) {
    return std::unexpected("no \"shard_id\"");
  }
  if (decoder.beat.applied) {
    std::ranges::sort(decoder.above);
    decoder.beat.applied->above = std::move(decoder.above);
  }
  return std::move(decoder.beat);
}

std::string encode(const Heartbeat& heartbeat) {
  JsonWriter json;
  write_existing_wire(json, heartbeat);
  if (!heartbeat.boot.none()) {
    write_our_wire(json, heartbeat);
  }
  return json.finish();
}

std::string boot_text(Boot boot) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text(16, '0');
  std::uint64_t rest = boot.value();
  for (std::size_t i = text.size(); i-- > 0; rest >>= 4U) {
    text[i] = digits[rest & 0xFU];
  }
  return text;
}

std::optional<Boot> parse_boot(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc{} || end != text.data() + text.size() || value == 0) {
    return std::nullopt;
  }
  return Boot(value);
}

}  // namespace arbees::wire
