#include "core/wire/shard_message.h"

#include "core/wire/heartbeat.h"
#include "core/wire/json_reader.h"
#include "core/wire/json_writer.h"
#include "core/wire/letter_case.h"
#include "core/wire/market_assignment.h"

namespace arbees::wire {
namespace {

constexpr std::uint64_t lease_ms_max = 3'600'000;

class ShardMessageDecoder final : public JsonVisitor {
 public:
  bool text(const JsonPlace& at, std::string_view value) override {
    if (at.in_array || !at.inner.empty()) {
      return at.key != "grants";
    }
    if (at.key == "type") {
      type = value;
    } else if (at.key == "game_id") {
      game.id = GameId(value);
    } else if (at.key == "id") {
      short_id = GameId(value);
    } else if (at.key == "sport") {
      game.sport = lower_case(value);
    } else if (at.key == "kalshi_market_id") {
      game.kalshi_market_id = value;
    } else if (at.key == "polymarket_market_id") {
      game.polymarket_market_id = value;
    } else if (at.key == "instance") {
      office.instance = InstanceId(value);
    } else if (at.key == "boot") {
      const std::optional<Boot> boot = parse_boot(value);
      to.boot = boot.value_or(Boot{});
      return boot.has_value();
    } else {
      return !is_number(at.key);
    }
    return true;
  }

  bool integer(const JsonPlace& at, std::uint64_t value) override {
    if (at.key == "grants" && !at.inner.empty()) {
      grants.insert_or_assign(GameId(at.inner), Epoch(value));
    } else if (at.in_array || !at.inner.empty()) {
      return true;
    } else if (at.key == "term") {
      office.term = Term(value);
    } else if (at.key == "seq") {
      number.seq = CommandSeq(value);
    } else if (at.key == "floor") {
      number.floor = CommandSeq(value);
    } else if (at.key == "generation") {
      to.generation = Generation(value);
    } else if (at.key == "epoch") {
      epoch = Epoch(value);
    } else if (at.key == "hb_seq") {
      hb_seq = HeartbeatSeq(value);
    } else if (at.key == "cause") {
      cause = EventId(value);
    } else if (at.key == "lease_ms") {
      lease = milliseconds{std::min(value, lease_ms_max)};
    } else {
      return !is_text(at.key);
    }
    return true;
  }

  bool flag(const JsonPlace& at, bool /*value*/) override {
    return !is_text(at.key) && !is_number(at.key);
  }
  bool other_number(const JsonPlace& at) override {
    return !is_text(at.key) && !is_number(at.key) && at.key != "grants";
  }
  bool begins(const JsonPlace& at, JsonContainer container) override {
    if (at.key == "grants") {
      grants.clear();
      return container == JsonContainer::object;
    }
    return !is_text(at.key) && !is_number(at.key);
  }

  [[nodiscard]] std::expected<ShardMessage, std::string> message() {
    if (type == "grant") {
      return Grant{office, to, hb_seq, lease, grants, cause, GrantSeq(number.seq.value()), epoch};
    }
    if (type == "roll_call") {
      return RollCall{office, cause};
    }
    if (type != "add_game" && type != "remove_game") {
      return std::unexpected(type.empty() ? "no \"type\"" : "unknown type \"" + type + "\"");
    }
    if (game.id.empty()) {
      game.id = short_id;
    }
    if (game.id.empty()) {
      return std::unexpected(type + " without \"game_id\"");
    }
    if (type == "remove_game") {
      return Command{RemoveGame{game.id, epoch}, office, to, number, cause};
    }
    if (game.sport.empty()) {
      return std::unexpected("add_game without \"sport\"");
    }
    return Command{AddGame{game, epoch}, office, to, number, cause};
  }

 private:
  static bool is_text(std::string_view key) {
    return key == "type" || key == "game_id" || key == "sport" || key == "instance" ||
           key == "boot";
  }
  static bool is_number(std::string_view key) {
    return key == "term" || key == "seq" || key == "floor" || key == "generation" ||
           key == "epoch" || key == "hb_seq" || key == "lease_ms";
  }

  std::string type;
  LiveGame game;
  GameId short_id;  ///< "id", which counts where there is no "game_id"
  Office office;
  Addressee to;
  CommandNumber number;
  Epoch epoch;
  HeartbeatSeq hb_seq;
  Duration lease{};
  std::map<GameId, Epoch> grants;
  EventId cause;
};

void write_office(JsonWriter& json, const Office& office) {
  json.member_if_any("term", office.term);
  if (!office.instance.empty()) {
    json.member("instance", office.instance);
  }
}

void write_addressee(JsonWriter& json, const Addressee& to) {
  if (!to.boot.none()) {
    json.member("boot", boot_text(to.boot));
  }
  json.member_if_any("generation", to.generation);
}

void write_order(JsonWriter& json, const AddGame& add) {
  json.member("sport", lower_case(add.game.sport))
      .text_or_null("kalshi_market_id", add.game.kalshi_market_id)
      .text_or_null("polymarket_market_id", add.game.polymarket_market_id);
  write_market_ids_by_type(json, add.game);
}

void write_order(JsonWriter& /*json*/, const RemoveGame& /*remove*/) {}

}  // namespace

std::string_view Command::type() const {
  return std::holds_alternative<AddGame>(order) ? "add_game" : "remove_game";
}

const GameId& Command::game() const {
  const auto* add = std::get_if<AddGame>(&order);
  return add != nullptr ? add->game.id : std::get<RemoveGame>(order).game;
}

Epoch Command::epoch() const {
  return std::visit([](const auto& o) { return o.epoch; }, order);
}

std::expected<ShardMessage, std::string> decode_shard_message(std::string_view message) {
  ShardMessageDecoder decoder;
  if (auto read = read_json(message, decoder); !read) {
    return std::unexpected(read.error());
  }
  return decoder.message();
}

std::string encode(const Command& command) {
  JsonWriter json;
  json.member("type", command.type()).member("game_id", command.game());
  std::visit([&](const auto& order) { write_order(json, order); }, command.order);
  write_office(json, command.office);
  write_addressee(json, command.to);
  json.member_if_any("seq", command.number.seq)
      .member_if_any("floor", command.number.floor)
      .member_if_any("epoch", command.epoch())
      .member_if_any("cause", command.cause);
  return json.finish();
}

std::string encode(const Grant& grant) {
  JsonWriter json;
  json.member("type", "grant");
  write_office(json, grant.office);
  write_addressee(json, grant.to);
  json.member("hb_seq", grant.hb_seq)
      .member("lease_ms", static_cast<std::uint64_t>(
                              std::chrono::duration_cast<milliseconds>(grant.lease).count()));
  json.begin_object("grants");
  for (const auto& [game, epoch] : grant.games) {
    json.member(game.str(), epoch);
  }
  json.end_object();
  json.member_if_any("seq", grant.seq)
      .member_if_any("epoch", grant.newest_epoch)
      .member_if_any("cause", grant.cause);
  return json.finish();
}

std::string encode(const RollCall& roll_call) {
  JsonWriter json;
  json.member("type", "roll_call");
  write_office(json, roll_call.office);
  json.member_if_any("cause", roll_call.cause);
  return json.finish();
}

}  // namespace arbees::wire
