#include "core/wire/ownership_feed.h"

#include "core/wire/json_writer.h"
#include "core/wire/timestamp.h"

namespace arbees::wire {

std::string owners_changed(std::span<const OwnerChange> changes, WallTime now, EventId cause) {
  JsonWriter json;
  json.member("type", "owners_changed").begin_array("games");
  for (const OwnerChange& change : changes) {
    json.begin_element()
        .member("game_id", change.game)
        .member("shard_id", change.shard)
        .member("epoch", change.epoch)
        .flag("fenced", change.fenced)
        .end_object();
  }
  json.end_array().member("timestamp", to_rfc3339(now)).member_if_any("cause", cause);
  return json.finish();
}

}  // namespace arbees::wire
