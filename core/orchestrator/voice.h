#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/orchestrator/alarms.h"
#include "core/orchestrator/fleet.h"
#include "core/ports/ports.h"
#include "core/redis/bus.h"
#include "core/wire/shard_message.h"

namespace arbees {

/// Everything the orchestrator says, to shards and to people. Each message carries the id of the
/// event that records it, so that the story goes on at the receiver.
class Voice {
 public:
  Voice(Ports& ports, redis::Bus& bus, const AlertSettings& alerts)
      : ports_(ports), bus_(bus), alarms_(ports, bus, alerts) {}

  void speak_for(const wire::Office& office) { office_ = office; }
  [[nodiscard]] const wire::Office& office() const { return office_; }

  void send(Shard& shard, const PendingCommand& command);
  /// The command a publication carried, once its fate is known.
  std::optional<std::pair<ShardId, CommandSeq>> command_of(redis::PublicationId id);

  void grant(const Shard& shard, HeartbeatSeq answers, Duration lease,
             std::map<GameId, Epoch> games, Epoch newest, EventId cause);
  void roll_call(const Fleet& fleet, EventId cause);
  /// Asks one shard alone.
  void ask(const ShardId& shard, EventId cause);
  void canary(const InstanceId& instance, std::uint64_t nonce);
  /// Asks the bus for new links: what seems to work does not.
  void reconnect(std::string_view why, EventId cause) { bus_.reconnect(why, cause); }
  void notify(std::string_view channel, std::string payload, EventId cause,
              Duration max_age = news_age_max);

  /// The condition of an alert holds, of a type of the catalogue. Said as often as one likes.
  void raise(const std::string& type, const std::string& subject, const std::string& text,
             EventId cause) {
    alarms_.raise(type, subject, text, cause);
  }
  /// It does not hold (any more).
  void resolve(const std::string& type, const std::string& subject, EventId cause) {
    alarms_.resolve(type, subject, cause);
  }
  /// Something was seen that has no end of its own; the alert ends some time after the last time.
  void notice(const std::string& type, const std::string& subject, const std::string& text,
              EventId cause) {
    alarms_.notice(type, subject, text, cause);
  }
  [[nodiscard]] Alarms& alarms() { return alarms_; }
  [[nodiscard]] const Alarms& alarms() const { return alarms_; }

 private:
  void tell(const ShardId& shard, std::string payload, Duration max_age, redis::PublicationId id,
            EventId cause);

  Ports& ports_;
  redis::Bus& bus_;
  GrantSeq grants_;  ///< the last one
  wire::Office office_;
  Alarms alarms_;
  redis::PublicationId last_publication_;
  std::map<redis::PublicationId, std::pair<ShardId, CommandSeq>> commands_in_flight_;
};

}  // namespace arbees
