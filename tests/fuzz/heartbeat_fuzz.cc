// Any bytes are a heartbeat or refused with a reason; a heartbeat survives being written and read again, and
// says what a reader of whole documents finds in it.
//
// Covers: core/wire/heartbeat.cc core/wire/json_reader.cc core/wire/json_writer.cc
// Dictionary: json.dict
// Input: the message.

#include <cstdint>

#include "core/wire/heartbeat.h"
#include "tests/fuzz/json_check.h"

namespace arbees::wire {
namespace {

/// What the existing wire carries: without a boot nothing of ours is written.
Heartbeat without_ours(const Heartbeat& beat) {
  Heartbeat old;
  old.shard = beat.shard;
  old.shard_type = beat.shard_type;
  old.max_games = beat.max_games;
  old.games = beat.games;
  old.lists_games = beat.lists_games;
  old.events = beat.events;
  old.started_at = beat.started_at;
  old.process_id = beat.process_id;
  old.version = beat.version;
  old.status = beat.status;
  old.checks = beat.checks;
  old.timestamp = beat.timestamp;
  return old;
}

void compare(const fuzz::Document& document, const Heartbeat& beat) {
  fuzz::check_text(document, fuzz::says(document, "shard_id") ? "shard_id" : "instance_id",
                   beat.shard.str());
  fuzz::check_text(document, "process_id", beat.process_id);
  fuzz::check_text(document, "started_at", beat.started_at);
  fuzz::check_text(document, "status", beat.status);
  fuzz::check_text(document, "seen_instance", beat.seen_instance.str());
  fuzz::check_text(document, "asked_by", beat.asked_by.str());
  fuzz::check_number(document, "generation", beat.generation.value());
  fuzz::check_number(document, "hb_seq", beat.hb_seq.value());
  fuzz::check_number(document, "seen_term", beat.seen_term.value());
  fuzz::check_number(document, "seen_epoch", beat.seen_epoch.value());
  fuzz::check_number(document, "last_grant", beat.last_grant.value());
  fuzz::check_number(document, "void_upto", beat.void_upto.value());
  fuzz::check_number(document, "cause", beat.cause.value());
  if (const auto games = document.json.find("games");
      games != document.json.end() && games->is_array()) {
    std::vector<GameId> texts;
    for (const nlohmann::json& game : *games) {
      if (game.is_string()) {
        texts.emplace_back(game.get_ref<const std::string&>());
      }
    }
    ensure(texts == beat.games, "the games are those of the message");
  }
  if (const auto epochs = document.json.find("game_epochs");
      epochs != document.json.end() && epochs->is_object()) {
    for (const auto& [game, epoch] : beat.epochs) {
      ensure(epochs->contains(game.str()), "an epoch is of a game of the message");
      fuzz::check_number(*epochs, game.str(), epoch.value());
    }
  }
}

}  // namespace
}  // namespace arbees::wire

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace arbees;
  const std::string_view message(reinterpret_cast<const char*>(data), size);
  const fuzz::Document document = fuzz::document(message);
  const auto beat = wire::decode_heartbeat(message);
  fuzz::check_outcome(document, beat.has_value(), beat ? "" : beat.error());
  if (beat) {
    wire::compare(document, *beat);
    const auto again = wire::decode_heartbeat(encode(*beat));
    ensure(again.has_value(), "what we write we can read");
    ensure(*again == (beat->boot.none() ? wire::without_ours(*beat) : *beat),
           "a heartbeat survives the wire");
  }
  return 0;
}
