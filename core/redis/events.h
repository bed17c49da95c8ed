#pragma once

#include <string>

#include "core/events/event.h"

namespace arbees::redis {

/// The two connections of a bus. They fail apart: a subscribed connection may be dead while
/// publishing works (operations.md B.3), so each has its own state and its own events.
enum class LinkRole : std::uint8_t { subscriber, publisher };

[[nodiscard]] std::string_view to_string(LinkRole role);

/// The link works: handshake done, and for the subscriber every subscription confirmed.
struct LinkReady {
  static constexpr std::string_view name = "link_ready";
  static constexpr Severity severity = Severity::info;
  LinkRole role;
  std::uint64_t attempts;  ///< attempts since the link was lost, this one included
  Duration down_for;       ///< since it was lost, or since the start

  void visit(FieldVisitor& v) const {
    v("role", role), v("attempts", attempts), v("down_for", down_for);
  }
};

/// A link that was ready is not any more.
struct LinkLost {
  static constexpr std::string_view name = "link_lost";
  static constexpr Severity severity = Severity::warning;
  LinkRole role;
  /// One word: refused, unreachable, reset, end_of_stream, write_timed_out, untrusted, connect_late,
  /// handshake_late, subscribe_late, reply_late, silence, server_error, garbage, asked or switched.
  std::string reason;
  std::string detail;

  void visit(FieldVisitor& v) const { v("role", role), v("reason", reason), v("detail", detail); }
};

/// An attempt to connect failed; the next one comes after `wait`. Reasons beside those of LinkLost: cluster,
/// sentinel (the server is of a kind we cannot use), not_master (a sentinel named a replica), no_sentinel
/// (none of them answered), unknown_master (they do not know the name).
struct LinkAttemptFailed {
  static constexpr std::string_view name = "link_attempt_failed";
  static constexpr Severity severity = Severity::debug;
  LinkRole role;
  std::uint64_t attempt;
  std::string reason;
  std::string detail;
  Duration wait;

  void visit(FieldVisitor& v) const {
    v("role", role), v("attempt", attempt), v("reason", reason), v("detail", detail),
        v("wait", wait);
  }
};

/// The server refuses us, or we refuse it, by configuration (AUTH, ACL, database, TLS certificates, a
/// cluster, a name of a master that no sentinel knows): an operator must act. Once per cause until it is
/// gone: until the link is ready, or for a channel that may not be published to, until that worked.
struct LinkMisconfigured {
  static constexpr std::string_view name = "link_misconfigured";
  static constexpr Severity severity = Severity::critical;
  LinkRole role;
  std::string detail;

  void visit(FieldVisitor& v) const { v("role", role), v("detail", detail); }
};

/// A sentinel said where the master is. It was asked after the attempt to connect began.
struct MasterResolved {
  static constexpr std::string_view name = "master_resolved";
  static constexpr Severity severity = Severity::debug;
  std::string master;  ///< the name it is watched under
  std::string host;
  std::uint64_t port;
  std::string sentinel;  ///< host:port of the one that said so

  void visit(FieldVisitor& v) const {
    v("master", master), v("host", host), v("port", port), v("sentinel", sentinel);
  }
};

/// The master is another server than before: both links leave the old one at once.
struct MasterSwitched {
  static constexpr std::string_view name = "master_switched";
  static constexpr Severity severity = Severity::warning;
  std::string master;
  std::string from;  ///< host:port
  std::string to;
  std::string sentinel;
  std::string how;  ///< told (by +switch-master) or asked

  void visit(FieldVisitor& v) const {
    v("master", master), v("from", from), v("to", to), v("sentinel", sentinel), v("how", how);
  }
};

/// A sentinel does not say where the master is. Once per reason until it does.
struct SentinelUnusable {
  static constexpr std::string_view name = "sentinel_unusable";
  static constexpr Severity severity = Severity::warning;
  std::string sentinel;
  std::string reason;  ///< one word, as in LinkAttemptFailed
  std::string detail;

  void visit(FieldVisitor& v) const {
    v("sentinel", sentinel), v("reason", reason), v("detail", detail);
  }
};

/// No further attempt will be made (only with a bounded number of attempts).
struct LinkGivenUp {
  static constexpr std::string_view name = "link_given_up";
  static constexpr Severity severity = Severity::critical;
  LinkRole role;
  std::uint64_t attempts;

  void visit(FieldVisitor& v) const { v("role", role), v("attempts", attempts); }
};

/// Publications that will never leave, and why; nothing is dropped without this.
struct PublicationsDropped {
  static constexpr std::string_view name = "publications_dropped";
  static constexpr Severity severity = Severity::warning;
  std::uint64_t dropped;
  std::string why;              ///< expired, outbox_full, refused (by the server), finished
  std::string channel;          ///< of the first one
  std::string detail;           ///< the server's words, if refused
  std::uint64_t waiting;        ///< those that still wait for the link,
  std::uint64_t waiting_bytes;  ///< and their bytes

  void visit(FieldVisitor& v) const {
    v("dropped", dropped), v("why", why), v("channel", channel), v("detail", detail),
        v("waiting", waiting), v("waiting_bytes", waiting_bytes);
  }
};

/// A message too long to be kept was read past; the link goes on.
struct MessageRefused {
  static constexpr std::string_view name = "message_refused";
  static constexpr Severity severity = Severity::warning;
  std::string channel;
  std::uint64_t bytes;

  void visit(FieldVisitor& v) const { v("channel", channel), v("bytes", bytes); }
};

}  // namespace arbees::redis
