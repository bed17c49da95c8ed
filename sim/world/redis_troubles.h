#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/ids.h"
#include "sim/engine/node_index.h"
#include "sim/engine/stream.h"
#include "sim/engine/time.h"
#include "sim/redis/server.h"
#include "sim/world/late_messages.h"
#include "sim/world/redis_trouble.h"

namespace arbees::sim {

class Recorder;

/// What is wrong with one server, and the record of what came of it: each time somebody felt it, a
/// RedisFaultFelt with the fault as its cause. Nothing is drawn while nothing is wrong.
class RedisTroubles final : private redis::ServerWatch {
 public:
  RedisTroubles(redis::Server& server, NodeIndex node, Streams& streams, Recorder& recorder,
                const SimTime& now);

  void begin(EventId fault, const RedisTrouble& trouble);
  void heal(EventId fault);
  /// The server was started again and has forgotten what it was told.
  void server_restarted();

  /// How much later than now a reply leaves; none: at once.
  [[nodiscard]] std::optional<Duration> reply_delay(redis::ClientId client);
  [[nodiscard]] bool may_lose_replies() const { return holds(RedisTrouble::Kind::replies_lost); }
  /// Whether the reply to this client's PUBLISH is lost, and its connection with it.
  [[nodiscard]] bool loses_reply(redis::ClientId client);
  /// Somebody who publishes much at present.
  struct Flood {
    EventId fault;
    std::string_view channel;
  };
  [[nodiscard]] std::optional<Flood> flood() const;
  /// What the host has to hand over itself when it is due.
  [[nodiscard]] LateMessages& late() { return late_; }
  /// A client was sent away because there are too many.
  void sent_away();

 private:
  using Kind = RedisTrouble::Kind;
  using Active = std::map<EventId, RedisTrouble>;

  [[nodiscard]] redis::Delivery delivery(redis::ClientId subscriber, std::string_view channel,
                                         std::string_view push) override;
  [[nodiscard]] bool put_off(redis::ClientId subscriber, std::string_view channel,
                             std::string_view push);
  void refused(redis::ClientId client, std::string_view code) override;

  [[nodiscard]] bool holds(Kind kind) const { return find(kind) != active_.end(); }
  [[nodiscard]] Active::const_iterator find(Kind kind) const;
  [[nodiscard]] bool hits(const RedisTrouble& trouble);
  void set_conditions();
  void felt(const Active::value_type& trouble, std::string detail);

  redis::Server& server_;
  NodeIndex node_;
  Streams& streams_;
  Recorder& recorder_;
  const SimTime& now_;
  Active active_;
  LateMessages late_;
};

}  // namespace arbees::sim
