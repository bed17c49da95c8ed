#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ports/ports.h"
#include "core/redis/events.h"

namespace arbees::redis {

/// Who says where the server is. Redis Sentinel watches a master and its replicas and names the new master
/// after a failover; any of them may be asked.
struct SentinelSettings {
  std::vector<Endpoint> sentinels;  ///< empty: none is asked, the endpoint is the server
  std::string master;               ///< the name they watch it under
  std::string password;             ///< of the sentinels themselves; empty: no AUTH

  [[nodiscard]] bool in_use() const { return !sentinels.empty(); }
};

/// How a bus reaches its server and what it puts up with. Relations: ownership.md 6.
struct BusSettings {
  Endpoint endpoint;  ///< unless sentinels say it
  SentinelSettings sentinel;
  Tls tls;               ///< of every connection whose endpoint has TLS
  std::string username;  ///< empty: the default user
  std::string password;  ///< empty: no AUTH
  unsigned database = 0;
  std::string client_name;
  Duration connect_deadline = seconds{1};  ///< connecting and the handshake together
  Duration reply_deadline = seconds{2};  ///< a command without its reply by then: the link is lost
  Duration ping_interval =
      seconds{5};  ///< after so long without a message or reply, a PING is sent
  Duration read_silence = seconds{10};  ///< after so long without one the link is lost, in any case
  Duration backoff_base = milliseconds{100};
  Duration backoff_cap = seconds{3};
  Duration refused_wait = seconds{30};  ///< between attempts the server refuses by configuration
  std::optional<std::uint64_t> reconnect_attempts;  ///< none: for ever; 0: a lost link stays lost
  std::size_t outbox_messages = 1'000;
  std::size_t outbox_bytes = 4U << 20U;

  /// R: the longest time until a link is ready again after the other side answers. Where sentinels name it, each
  /// one that is asked first and does not answer costs a connect deadline more; the one that answered last is asked
  /// first.
  [[nodiscard]] Duration reconnect_time() const { return backoff_cap + connect_deadline; }
};

/// A channel name or a pattern.
struct Subscription {
  std::string name;
  bool pattern = false;
};

/// Names a publication whose fate the publisher wants to hear of; none for the others.
using PublicationId = Number<struct PublicationIdTag>;

struct Publication {
  std::string channel;
  std::string payload;
  Duration max_age;  ///< not sent any more once it waited this long; zero: now or never
  PublicationId id;
};

/// What became of a publication that has an id.
struct PublicationResult {
  enum class Kind : std::uint8_t {
    sent,     ///< the server answered; `receivers` of 0 proves loss, more proves nothing
    dropped,  ///< it never left
    unknown   ///< it left, and the link was lost before the answer
  };
  PublicationId id;
  Kind kind;
  std::uint64_t receivers = 0;
};

class BusHandler {
 public:
  virtual ~BusHandler() = default;
  /// `cause` is the LinkReady or LinkLost event.
  virtual void on_link_ready(LinkRole role, EventId cause) = 0;
  virtual void on_link_lost(LinkRole role, EventId cause) = 0;
  virtual void on_message(std::string_view channel, std::string_view payload) = 0;
  /// Follows the messages of one read, in the same step: whoever wants only the newest of several
  /// collects them until here.
  virtual void on_messages_end() {}
  virtual void on_published(const PublicationResult& result) = 0;
  /// Follows the results that were told together, in the same step.
  virtual void on_published_end() {}
};

/// Publishing and subscribing on one Redis, over whatever happens to it: two connections, each
/// reconnecting for ever with full jitter, resubscribing, and noticing a server that only seems alive.
///
/// Delivery is at most once, as Redis pub/sub is: what was published while a link was down is lost.
/// A subscriber that becomes ready again must therefore ask for what it may have missed.
class Bus {
 public:
  /// `handler` and `ports` must outlive the bus. Handler calls never come from inside a call to the bus.
  Bus(Ports& ports, BusSettings settings, std::vector<Subscription> subscriptions,
      BusHandler& handler);
  ~Bus();
  Bus(const Bus&) = delete;
  Bus& operator=(const Bus&) = delete;

  void start(EventId cause);
  void publish(Publication publication, EventId cause);
  [[nodiscard]] bool ready(LinkRole role) const;
  /// When a ready link is lost unless the PING it has sent is answered before; nothing if no PING waits.
  [[nodiscard]] std::optional<MonoTime> judged_at(LinkRole role) const;
  /// Drops both connections and resolves (asks a sentinel), connects and subscribes anew.
  void reconnect(std::string_view why, EventId cause);
  /// Sends what waits and awaits the replies, for `patience` at most; then `done`, as a step of its own.
  void finish(Duration patience, std::function<void()> done);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace arbees::redis
