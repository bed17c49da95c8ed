#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/time.h"
#include "sim/redis/address.h"
#include "sim/redis/master_link.h"
#include "sim/redis/writes.h"

namespace arbees::sim::redis {

struct Client;
struct ServerState;

/// What a server is to others: for its host, which makes events of the changes.
struct ReplicationView {
  std::optional<Address> master;  ///< none: it is a master itself
  bool synced = false;            ///< a replica that has its master's data, and the link is up
  std::string history;            ///< whose data this is: changes with every promotion
  std::string previous_history;   ///< what it was before the last promotion
  std::uint64_t offset = 0;       ///< bytes of the stream
  std::uint64_t writes = 0;       ///< changes of keys in this history
  std::size_t replicas = 0;       ///< that take its stream
  std::uint64_t promotions = 0;
  std::uint64_t full_syncs = 0;  ///< taken from a master
  std::uint64_t discarded = 0;   ///< changes of its own that the last one took away
};

/// Master and replica, both sides. The master sends every change to its replicas, which never answer
/// for it: what it has acknowledged and they have not heard is lost when one of them is promoted.
///
/// The commands are the real server's; what a full synchronisation carries is not: instead of an RDB
/// file, a bulk string of commands that make the data (docs/limits.md). Every connection begins
/// with one: there is no partial resynchronisation.
class Replication final : public WriteListener {
 public:
  explicit Replication(ServerState& server) : server_(server) { restart(); }

  /// How replicas say where they are reached. `seed` makes ids.
  void set_place(const Address& own, std::uint64_t seed);
  /// The process came back empty; whose replica it is stands in its file.
  void restart();

  [[nodiscard]] bool is_replica() const { return master_.has_value(); }
  [[nodiscard]] const std::optional<Address>& master() const { return master_; }
  [[nodiscard]] const std::string& run_id() const { return run_id_; }
  [[nodiscard]] ReplicationView view() const;
  [[nodiscard]] bool active() const { return is_replica() || counting_ || promotions_ > 0; }
  /// Whether a connection to the master is wanted and none is there.
  [[nodiscard]] bool wants_master() const { return is_replica() && link_ == nullptr; }

  // Commands.
  /// False: it is a replica of that one already.
  bool follow(const Address& master);
  void promote();
  void append_role(std::string& reply) const;
  void append_info(std::string& text) const;
  void note_replica(Client& client, const Address& part);
  void acknowledge(Client& client, std::uint64_t offset);
  /// A replica asks for everything: it gets it, and every change from here on.
  void attach(Client& client);

  // The connection to the master.
  void begin(Client& link);
  void greet();
  /// Bytes of the handshake; returns what is left for the stream of commands.
  [[nodiscard]] std::string_view hear(std::string_view bytes);
  /// A command of the stream was carried out.
  void applied(std::span<const std::string_view> arguments);
  /// Whether the client is a replica that takes the stream.
  [[nodiscard]] bool is_replica_client(const Client& client) const;
  [[nodiscard]] bool is_link(const Client& client) const { return link_ == &client; }

  /// A client is gone: perhaps the master, or a replica.
  void forget(const Client& client);
  /// Once a second: says how far it is, and that it lives.
  void tick();

  void on_writes(std::span<const Write> unit) override;

 private:
  struct Replica {
    Client* client;
    Address place;
    bool attached;
    std::uint64_t acknowledged;
    WallTime heard;
  };

  [[nodiscard]] std::string draw_id();
  [[nodiscard]] Replica* find(const Client& client);
  [[nodiscard]] std::string dump() const;
  void load(std::string_view dump);
  void send_command(DatabaseIndex database, std::span<const std::string> words);
  void stream(std::string_view bytes);
  void drop_replicas();
  void drop_link();

  ServerState& server_;
  Address own_{"127.0.0.1", 6379};
  std::uint64_t seed_ = 0;
  std::uint64_t ids_drawn_ = 0;
  std::string run_id_;

  std::string history_;
  std::string previous_history_;
  std::int64_t previous_end_ = -1;  ///< offset at which the previous history ended
  std::uint64_t previous_writes_ = 0;
  std::uint64_t offset_ = 0;
  std::uint64_t writes_ = 0;
  bool counting_ = false;  ///< a replica was there: bytes count from then on
  std::optional<DatabaseIndex> selected_;
  std::vector<Replica> replicas_;
  WallTime pinged_{};

  std::optional<Address> master_;
  Client* link_ = nullptr;
  std::optional<MasterLink> handshake_;
  bool synced_ = false;
  WallTime heard_{};
  WallTime down_since_{};
  std::uint64_t promotions_ = 0;
  std::uint64_t full_syncs_ = 0;
  std::uint64_t discarded_ = 0;
};

}  // namespace arbees::sim::redis
