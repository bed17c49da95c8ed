#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/ids.h"
#include "sim/redis/address.h"
#include "sim/redis/clock.h"
#include "sim/redis/conditions.h"
#include "sim/redis/settings.h"
#include "sim/redis/writes.h"

namespace arbees::sim::redis {

class Sentinel;
struct ReplicationView;

/// One connection as the server model knows it. Never reused, not even after `restart`.
using ClientId = Number<struct ClientIdTag>;

/// Where the server's bytes go. Must not call the server back: a host that delivers at once would
/// have the server run a command inside a command.
class ServerOutput {
 public:
  virtual ~ServerOutput() = default;
  /// Bytes for one client, in order. `bytes` lives until the call returns. What one `feed` causes
  /// for one client comes as one call, as the real server writes once per turn of its loop.
  virtual void send(ClientId client, std::string_view bytes) = 0;
  /// The server hangs up once everything sent before has left. The id is dead from here on.
  virtual void close(ClientId client) = 0;
};

/// Both ends of a connection as CLIENT LIST shows them: "10.0.0.1:40312"; for a Unix socket its path
/// and ":0", twice.
struct ClientAddress {
  std::string remote = "127.0.0.1:0";
  std::string local = "127.0.0.1:6379";
};

/// What becomes of one copy of a message.
enum class Delivery : std::uint8_t {
  once,
  never,
  twice,
  later,  ///< the host keeps it, and hands it over itself
};

/// A host that makes things go wrong on purpose and wants to know when they do. Must not call the
/// server back.
class ServerWatch {
 public:
  virtual ~ServerWatch() = default;
  /// What becomes of this copy of a message, of which `push` are the bytes. It counts as delivered once.
  virtual Delivery delivery(ClientId subscriber, std::string_view channel,
                            std::string_view push) = 0;
  /// A command that exists was refused before it ran: `code` is "NOAUTH", "LOADING", "OOM" ...
  virtual void refused(ClientId client, std::string_view code) = 0;
};

/// What happened since construction; survives `restart`.
struct ServerStats {
  std::uint64_t commands = 0;       ///< requests answered, refused ones included
  std::uint64_t calls = 0;          ///< commands carried out, those of transactions too
  std::uint64_t error_replies = 0;  ///< of these, answered with an error; protocol errors included
  std::uint64_t published = 0;      ///< PUBLISH commands carried out
  std::uint64_t delivered = 0;      ///< copies of messages handed to subscribers
  std::uint64_t clients_opened = 0;
  std::uint64_t clients_refused = 0;  ///< more than maxclients
};

/// Answers like redis-server 7.0.15 speaking RESP2, byte for byte, for what its command table holds
/// (sim/redis/command_table.cc). It does no I/O: a host carries the bytes and lends a clock.
///
/// Where the real server follows hash order, the model has an order of its own, which never varies:
/// a bare UNSUBSCRIBE goes by when the channels were subscribed; the patterns one message matches,
/// KEYS, PUBSUB CHANNELS and CONFIG GET go by their bytes. Intended differences: HELLO 3 is refused
/// (the model speaks RESP2 only); a command or setting outside its tables is unknown; CONFIG SET
/// calls immutable what it does not model; COMMAND knows neither hints nor key specifications; INFO
/// has the keys that clients read; CLIENT LIST tells no sizes of buffers; a client that stops in the
/// middle of a request may send any number of bytes (the real server gives up at 1 GB).
class Server {
 public:
  /// `output` and `clock` must outlive the server.
  Server(ServerOutput& output, const ServerClock& clock, const ServerSettings& settings = {});
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// A client has connected; or may not stay: what to tell it before hanging up.
  [[nodiscard]] std::expected<ClientId, std::string_view> open(ClientAddress address = {});
  /// Bytes from a client. How the stream is cut changes no answer. Ignored for a dead id: what was
  /// under way when the server hung up.
  void feed(ClientId client, std::string_view bytes);
  /// The client is gone, in order or not: its subscriptions end, nothing more is sent to it.
  /// Ignored for a dead id.
  void closed(ClientId client);
  /// The process ended and came back empty: every client is forgotten without a word (the host
  /// breaks their connections), and CLIENT ID counts from 1 again.
  void restart();

  /// Where changes of the data go from now on. The listener must outlive the server.
  void set_write_listener(WriteListener& listener);

  /// What is wrong with the server from now on, until the next call. Survives `restart`.
  void set(const Conditions& conditions);
  [[nodiscard]] const Conditions& conditions() const;
  /// What an operator types at redis-cli: runs whatever stands in the way of others. The reply.
  std::string operate(std::initializer_list<std::string_view> words);
  /// CLIENT KILL for every client there is: they are gone without their replies.
  void kill_clients();
  /// Sets the default user's only password (CONFIG SET requirepass); empty: none is needed. Clients
  /// that are there stay logged in.
  void require_password(std::string_view password);
  /// `unsent` bytes wait to be sent to the client. True: more than it may have, or for too long, and
  /// the server knows it no more; the host breaks the connection.
  [[nodiscard]] bool over_output_limit(ClientId client, std::size_t unsent);
  /// Whom to ask and tell from now on; null: nobody. Must outlive the server.
  void set_watch(ServerWatch* watch);
  // Replication. A server without a place of its own cannot be a replica.
  /// Where others reach it; `seed` makes the ids it shows. Before anything else.
  void set_place(const Address& own, std::uint64_t seed);
  /// What its file says: a replica of `master`, also after a restart; none: a master.
  void start_as_replica_of(const std::optional<Address>& master);
  /// Whether the host is to connect to the master, which `replication().master` names.
  [[nodiscard]] bool wants_master() const;
  /// The connection to the master stands: it is a client like any other for the host.
  [[nodiscard]] ClientId open_to_master();
  void greet_master();
  /// Once a second, as long as there is a master or a replica.
  void tick();
  [[nodiscard]] ReplicationView replication() const;
  /// Whether it has, or ever had, anything to do with replicas or a master.
  [[nodiscard]] bool replicates() const;

  /// From here on the server is the face of a sentinel: it knows a sentinel's commands only.
  void set_sentinel(Sentinel& sentinel);
  /// Tells subscribers something in the server's own name.
  void announce(std::string_view channel, std::string_view message);

  [[nodiscard]] std::size_t clients() const;
  [[nodiscard]] const ServerStats& stats() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace arbees::sim::redis
