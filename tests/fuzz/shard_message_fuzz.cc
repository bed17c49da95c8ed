// Any bytes are a command, a grant or a roll call, or refused with a reason; each survives being written and
// read again, and says what a reader of whole documents finds in it.
//
// Covers: core/wire/shard_message.cc core/wire/json_reader.cc core/wire/json_writer.cc
// Dictionary: json.dict
// Input: the message.

#include <cstdint>

#include "core/wire/shard_message.h"
#include "tests/fuzz/json_check.h"

namespace arbees::wire {
namespace {

void compare(const fuzz::Document& document, const Office& office) {
  fuzz::check_number(document, "term", office.term.value());
  fuzz::check_text(document, "instance", office.instance.str());
}

void compare(const fuzz::Document& document, const ShardMessage& message) {
  if (const auto* command = std::get_if<Command>(&message)) {
    compare(document, command->office);
    fuzz::check_text(document, "type", command->type());
    fuzz::check_text(document, fuzz::says(document, "game_id") ? "game_id" : "id",
                     command->game().str());
    fuzz::check_number(document, "epoch", command->epoch().value());
    fuzz::check_number(document, "seq", command->number.seq.value());
    fuzz::check_number(document, "floor", command->number.floor.value());
    fuzz::check_number(document, "generation", command->to.generation.value());
    fuzz::check_number(document, "cause", command->cause.value());
  } else if (const auto* grant = std::get_if<Grant>(&message)) {
    compare(document, grant->office);
    fuzz::check_number(document, "hb_seq", grant->hb_seq.value());
    fuzz::check_number(document, "cause", grant->cause.value());
    const auto games = document.json.find("grants");
    for (const auto& [game, epoch] : grant->games) {
      ensure(games != document.json.end(), "a game is granted by the message");
      if (games->is_object()) {
        ensure(games->contains(game.str()), "a game that is granted is named");
        fuzz::check_number(*games, game.str(), epoch.value());
      }
    }
  } else {
    compare(document, std::get<RollCall>(message).office);
    fuzz::check_number(document, "cause", std::get<RollCall>(message).cause.value());
  }
}

}  // namespace
}  // namespace arbees::wire

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace arbees;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const fuzz::Document document = fuzz::document(text);
  const auto message = wire::decode_shard_message(text);
  fuzz::check_outcome(document, message.has_value(), message ? "" : message.error());
  if (message) {
    wire::compare(document, *message);
    const auto again = wire::decode_shard_message(
        std::visit([](const auto& one) { return encode(one); }, *message));
    ensure(again.has_value(), "what we write we can read");
    ensure(*again == *message, "a message survives the wire");
  }
  return 0;
}
