#include "core/wire/heartbeat.h"

#include <algorithm>
#include <charconv>

#include "core/wire/json_reader.h"
#include "core/wire/json_writer.h"
#include "core/wire/name_table.h"

namespace arbees::wire {
namespace {

constexpr std::uint64_t interval_ms_max = 3'600'000;
/// Room for more is made when they come.
constexpr std::uint64_t games_expected_max = 256;

/// The members we read. All others may be of any type, as may what stands in them.
enum class Member : std::uint8_t {
  none,
  shard_id,
  instance_id,
  shard_type,
  game_count,
  max_games,
  games,
  events,
  started_at,
  process_id,
  version,
  status,
  checks,
  timestamp,
  boot,
  generation,
  hb_seq,
  interval,
  seen_term,
  seen_instance,
  asked_by,
  seen_epoch,
  applied,
  applied_above,
  epochs,
  fenced,
  refused,
  last_grant,
  void_upto,
  lease,
  cause
};

constexpr NameTable<Member, 30> members({{"shard_id", Member::shard_id},
                                         {"instance_id", Member::instance_id},
                                         {"shard_type", Member::shard_type},
                                         {"game_count", Member::game_count},
                                         {"max_games", Member::max_games},
                                         {"games", Member::games},
                                         {"events", Member::events},
                                         {"started_at", Member::started_at},
                                         {"process_id", Member::process_id},
                                         {"version", Member::version},
                                         {"status", Member::status},
                                         {"checks", Member::checks},
                                         {"timestamp", Member::timestamp},
                                         {"boot", Member::boot},
                                         {"generation", Member::generation},
                                         {"hb_seq", Member::hb_seq},
                                         {"heartbeat_interval_ms", Member::interval},
                                         {"seen_term", Member::seen_term},
                                         {"seen_instance", Member::seen_instance},
                                         {"asked_by", Member::asked_by},
                                         {"seen_epoch", Member::seen_epoch},
                                         {"applied", Member::applied},
                                         {"applied_above", Member::applied_above},
                                         {"game_epochs", Member::epochs},
                                         {"fenced_games", Member::fenced},
                                         {"refused_games", Member::refused},
                                         {"last_grant", Member::last_grant},
                                         {"void_upto", Member::void_upto},
                                         {"lease", Member::lease},
                                         {"cause", Member::cause}});

/// Refuses what we read where it is of another type.
class HeartbeatDecoder final : public JsonVisitor {
 public:
  explicit HeartbeatDecoder(Heartbeat& beat) : beat_(beat) { beat_.lists_games = false; }

  bool text(const JsonPlace& at, std::string_view value) override {
    const Member member = members.find(at.key);
    if (at.in_array || !at.inner.empty()) {
      return inner_text(member, value);
    }
    switch (member) {
      case Member::shard_id: beat_.shard = ShardId(value); return !value.empty();
      case Member::instance_id: instance_ = ShardId(value); return true;
      case Member::shard_type: beat_.shard_type = value; return true;
      case Member::started_at: beat_.started_at = value; return true;
      case Member::process_id: beat_.process_id = value; return true;
      case Member::version: beat_.version = value; return true;
      case Member::status: beat_.status = value; return true;
      case Member::timestamp: beat_.timestamp = value; return true;
      case Member::seen_instance: beat_.seen_instance = InstanceId(value); return true;
      case Member::asked_by: beat_.asked_by = InstanceId(value); return true;
      case Member::lease: beat_.leased = value != "off"; return true;
      case Member::boot: {
        const std::optional<Boot> boot = parse_boot(value);
        beat_.boot = boot.value_or(Boot{});
        return boot.has_value();
      }
      default: return may_be_anything(member);
    }
  }

  bool integer(const JsonPlace& at, std::uint64_t value) override {
    const Member member = members.find(at.key);
    if (at.in_array || !at.inner.empty()) {
      return inner_integer(member, at.inner, value);
    }
    switch (member) {
      case Member::game_count:
        beat_.games.reserve(std::min(value, games_expected_max));
        return true;
      case Member::max_games: beat_.max_games = value; return true;
      case Member::generation: beat_.generation = Generation(value); return true;
      case Member::hb_seq: beat_.hb_seq = HeartbeatSeq(value); return true;
      case Member::seen_term: beat_.seen_term = Term(value); return true;
      case Member::seen_epoch: beat_.seen_epoch = Epoch(value); return true;
      case Member::last_grant: beat_.last_grant = HeartbeatSeq(value); return true;
      case Member::void_upto: beat_.void_upto = HeartbeatSeq(value); return true;
      case Member::cause: beat_.cause = EventId(value); return true;
      case Member::process_id: beat_.process_id = std::to_string(value); return true;
      case Member::interval:
        beat_.interval = milliseconds{std::min(value, interval_ms_max)};
        return value > 0;
      default: return may_be_anything(member);
    }
  }

  bool flag(const JsonPlace& at, bool value) override {
    const Member member = members.find(at.key);
    if (member == Member::checks && !at.inner.empty()) {
      beat_.checks.insert_or_assign(beat_.checks.end(), std::string(at.inner), value);
      return true;
    }
    return may_be_anything(member);
  }

  bool other_number(const JsonPlace& at) override { return may_be_anything(members.find(at.key)); }

  bool begins(const JsonPlace& at, JsonContainer container) override {
    const bool array = container == JsonContainer::array;
    const Member member = members.find(at.key);
    switch (member) {
      case Member::games:
        beat_.games.clear();
        beat_.lists_games = true;
        return array;
      case Member::events: beat_.events.emplace(); return array;
      case Member::fenced: beat_.fenced.clear(); return array;
      case Member::applied_above: above_.clear(); return array;
      case Member::checks: beat_.checks.clear(); return !array;
      case Member::epochs: beat_.epochs.clear(); return !array;
      case Member::refused: beat_.refused.clear(); return !array;
      case Member::applied: beat_.applied.emplace(); return !array;
      default: return may_be_anything(member);
    }
  }

  /// After the last value.
  void finish() {
    if (beat_.applied) {
      std::ranges::sort(above_);
      beat_.applied->above = std::move(above_);
    }
    if (beat_.shard.empty()) {
      beat_.shard = std::move(instance_);
    }
  }

 private:
  /// A cause that is no number is none: it only explains. The count only makes room.
  static bool may_be_anything(Member member) {
    return member == Member::none || member == Member::cause || member == Member::game_count ||
           member == Member::instance_id;
  }

  bool inner_text(Member member, std::string_view value) {
    switch (member) {
      case Member::games: beat_.games.emplace_back(value); return true;
      case Member::events: beat_.events->emplace_back(value); return true;
      case Member::fenced: beat_.fenced.emplace_back(value); return true;
      default: return may_be_anything(member);
    }
  }

  // Games come in order from those who keep them in order: each is tried at the end first.
  bool inner_integer(Member member, std::string_view inner, std::uint64_t value) {
    switch (member) {
      case Member::epochs:
        beat_.epochs.insert_or_assign(beat_.epochs.end(), GameId(inner), Epoch(value));
        return true;
      case Member::refused:
        beat_.refused.insert_or_assign(beat_.refused.end(), GameId(inner), Epoch(value));
        return true;
      case Member::applied_above: above_.emplace_back(value); return true;
      case Member::applied:
        if (inner == "term") {
          beat_.applied->term = Term(value);
        } else if (inner == "watermark") {
          beat_.applied->watermark = CommandSeq(value);
        }
        return true;
      default: return may_be_anything(member);
    }
  }

  Heartbeat& beat_;
  ShardId instance_;  ///< "instance_id", which counts where there is no "shard_id"
  std::vector<CommandSeq> above_;
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
  json.member("boot", boot_text(beat.boot))
      .member_if_any("generation", beat.generation)
      .member("hb_seq", beat.hb_seq);
  if (beat.interval) {
    json.member("heartbeat_interval_ms",
                static_cast<std::uint64_t>(
                    std::chrono::duration_cast<milliseconds>(*beat.interval).count()));
  }
  json.member_if_any("seen_term", beat.seen_term);
  if (!beat.seen_instance.empty()) {
    json.member("seen_instance", beat.seen_instance);
  }
  if (!beat.asked_by.empty()) {
    json.member("asked_by", beat.asked_by);
  }
  json.member_if_any("seen_epoch", beat.seen_epoch);
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

Epoch Heartbeat::newest_epoch() const {
  Epoch newest = seen_epoch;
  for (const auto& [game, epoch] : epochs) {
    newest = std::max(newest, epoch);
  }
  return newest;
}

std::expected<Heartbeat, std::string> decode_heartbeat(std::string_view message) {
  std::expected<Heartbeat, std::string> beat;
  HeartbeatDecoder decoder(*beat);
  if (auto read = read_json(message, decoder); !read) {
    return std::unexpected(std::move(read.error()));
  }
  decoder.finish();
  if (beat->shard.empty()) {
    return std::unexpected("no \"shard_id\"");
  }
  return beat;
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
