#pragma once

#include <string>

#include "core/events/event.h"
#include "core/ports/signal_feed.h"

namespace arbees::sim {

/// A program was started on a node, for the `starts`-th time.
struct NodeStarted {
  static constexpr std::string_view name = "node_started";
  static constexpr Severity severity = Severity::info;
  NodeName node;
  std::uint64_t starts;

  void visit(FieldVisitor& v) const { v("node", node), v("starts", starts); }
};

/// A program asked to end, and did.
struct NodeExited {
  static constexpr std::string_view name = "node_exited";
  static constexpr Severity severity = Severity::warning;
  NodeName node;
  std::uint64_t code;
  std::string why;

  void visit(FieldVisitor& v) const { v("node", node), v("code", code), v("why", why); }
};

/// A program was killed: nothing of it ran any more.
struct NodeCrashed {
  static constexpr std::string_view name = "node_crashed";
  static constexpr Severity severity = Severity::warning;
  NodeName node;

  void visit(FieldVisitor& v) const { v("node", node); }
};

/// A program stopped taking steps (SIGSTOP); its kernel still answers.
struct NodeFrozen {
  static constexpr std::string_view name = "node_frozen";
  static constexpr Severity severity = Severity::warning;
  NodeName node;

  void visit(FieldVisitor& v) const { v("node", node); }
};

/// A frozen program goes on.
struct NodeThawed {
  static constexpr std::string_view name = "node_thawed";
  static constexpr Severity severity = Severity::info;
  NodeName node;
  Duration frozen_for;

  void visit(FieldVisitor& v) const { v("node", node), v("frozen_for", frozen_for); }
};

/// Something was broken on purpose. What it breaks names this event as its cause.
struct FaultStarted {
  static constexpr std::string_view name = "fault_started";
  static constexpr Severity severity = Severity::info;
  std::string fault;   ///< kind, as scenario files name it
  std::string target;  ///< "shard-1", or "shard-1->redis" for links
  std::string detail;

  void visit(FieldVisitor& v) const { v("fault", fault), v("target", target), v("detail", detail); }
};

/// What was broken works again. Its cause is the FaultStarted.
struct FaultHealed {
  static constexpr std::string_view name = "fault_healed";
  static constexpr Severity severity = Severity::info;
  std::string fault;
  std::string target;

  void visit(FieldVisitor& v) const { v("fault", fault), v("target", target); }
};

/// A message that nobody should have published reached somebody. Its cause is the FaultStarted.
struct HostileMessageHeard {
  static constexpr std::string_view name = "hostile_message_heard";
  static constexpr Severity severity = Severity::debug;
  std::string kind;  ///< what is wrong with it, as scenario files name it
  std::string channel;

  void visit(FieldVisitor& v) const { v("kind", kind), v("channel", channel); }
};

/// A Redis server became a master. What its master had acknowledged and it never heard is lost.
struct RedisPromoted {
  static constexpr std::string_view name = "redis_promoted";
  static constexpr Severity severity = Severity::warning;
  std::uint64_t offset;
  std::uint64_t writes;
  std::uint64_t writes_lost;  ///< acknowledged by the old master until now

  void visit(FieldVisitor& v) const {
    v("offset", offset), v("writes", writes), v("writes_lost", writes_lost);
  }
};

/// A Redis server was made a replica.
struct RedisFollows {
  static constexpr std::string_view name = "redis_follows";
  static constexpr Severity severity = Severity::info;
  NodeName master;

  void visit(FieldVisitor& v) const { v("master", master); }
};

/// A replica took over all data of its master.
struct RedisSynced {
  static constexpr std::string_view name = "redis_synced";
  static constexpr Severity severity = Severity::info;
  NodeName master;
  std::uint64_t writes;
  std::uint64_t writes_discarded;  ///< its own that the master does not have

  void visit(FieldVisitor& v) const {
    v("master", master), v("writes", writes), v("writes_discarded", writes_discarded);
  }
};

/// A sentinel told its subscribers something: "+sdown", "+odown", "+switch-master" ...
struct SentinelSaid {
  static constexpr std::string_view name = "sentinel_said";
  static constexpr Severity severity = Severity::info;
  std::string what;
  std::string detail;

  void visit(FieldVisitor& v) const { v("what", what), v("detail", detail); }
};

/// A fault of a Redis server reached somebody: a command was refused, a connection ended, a message
/// lost. Its cause is the FaultStarted.
struct RedisFaultFelt {
  static constexpr std::string_view name = "redis_fault_felt";
  static constexpr Severity severity = Severity::debug;
  std::string fault;  ///< kind, as scenario files name it
  NodeName redis;
  std::string detail;

  void visit(FieldVisitor& v) const { v("fault", fault), v("redis", redis), v("detail", detail); }
};

/// A service that is not ours was refused what it asked of Redis.
struct ServiceRefused {
  static constexpr std::string_view name = "service_refused";
  static constexpr Severity severity = Severity::warning;
  std::string service;
  std::string error;  ///< the server's words

  void visit(FieldVisitor& v) const { v("service", service), v("error", error); }
};

/// A Redis server broke the connection of a subscriber that did not read: client-output-buffer-limit.
/// Its cause is the flood, if there is one.
struct SubscriberCut {
  static constexpr std::string_view name = "subscriber_cut";
  static constexpr Severity severity = Severity::warning;
  NodeName redis;
  std::uint64_t unsent;  ///< bytes that waited for it

  void visit(FieldVisitor& v) const { v("redis", redis), v("unsent", unsent); }
};

/// The consumer took a signal, as of this epoch.
struct SignalAccepted {
  static constexpr std::string_view name = "signal_accepted";
  static constexpr Severity severity = Severity::debug;
  GameId game;
  Epoch epoch;
  SignalSeq seq;
  ShardId shard;
  Boot boot;
  Duration lease_left;
  bool by_feed;  ///< it carries no epoch: this one is the shard's by the ownership feed

  void visit(FieldVisitor& v) const {
    v("game", game), v("epoch", epoch), v("seq", seq), v("shard", shard), v("boot", boot),
        v("lease_left", lease_left), v("by_feed", by_feed);
  }
};

/// The consumer refused a signal: it has accepted one of a higher epoch of that game before, or the ownership
/// feed names another shard than the one that says no epoch.
struct SignalRefused {
  static constexpr std::string_view name = "signal_refused";
  static constexpr Severity severity = Severity::debug;
  GameId game;
  Epoch epoch;
  SignalSeq seq;
  ShardId shard;
  Boot boot;
  Epoch highest;  ///< the epoch that rules it out

  void visit(FieldVisitor& v) const {
    v("game", game), v("epoch", epoch), v("seq", seq), v("shard", shard), v("boot", boot),
        v("highest", highest);
  }
};

}  // namespace arbees::sim
