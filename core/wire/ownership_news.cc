#include "core/wire/ownership_news.h"

#include "core/wire/json_writer.h"

namespace arbees::wire {

std::string encode(const OwnershipNews& news) {
  JsonWriter json;
  json.member("type", "ownership").member("term", news.office.term);
  json.member("instance", news.office.instance).begin_object("epochs");
  for (const Ownership& known : news.games) {
    json.member(known.game.str(), known.epoch);
  }
  json.end_object().begin_object("owners");
  for (const Ownership& known : news.games) {
    if (!known.shard.empty()) {
      json.member(known.game.str(), known.shard);
    }
  }
  json.end_object().member_if_any("cause", news.cause);
  return json.finish();
}

}  // namespace arbees::wire
