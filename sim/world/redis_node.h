#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/engine/event_queue.h"
#include "sim/net/network.h"
#include "sim/node/machine.h"
#include "sim/redis/replication.h"
#include "sim/redis/server.h"
#include "sim/world/redis_setup.h"
#include "sim/world/redis_troubles.h"

namespace arbees::sim {

/// How many changes every history of data has, so that a promotion can say what it lost.
using WritesByHistory = std::map<std::string, std::uint64_t>;

/// The model of a Redis server on a machine of its own: carries its bytes over the simulated network,
/// those between master and replica too. Every start begins empty, as a restarted server without
/// persistence does; whose replica it is stands in its file.
class RedisNode final : public Machine,
                        private Acceptor,
                        private Receiver,
                        private redis::ServerOutput,
                        private redis::ServerClock {
 public:
  /// What a Redis server needs of its world.
  struct Context {
    EventQueue<SimTime>& queue;
    Streams& streams;
    const SimTime& now;
    Recorder& recorder;
    Network& network;
    WritesByHistory& writes;
    WallTime wall_epoch;
    std::uint64_t seed;  ///< of the ids it shows
  };

  RedisNode(NodeIndex index, const RedisSetup& setup, const Context& context);
  ~RedisNode() override;

  [[nodiscard]] const redis::Server& server() const { return server_; }
  /// How far its wall clock is off from now on.
  void set_wall_skew(Duration skew) { wall_skew_ = skew; }

  /// What faults do to a server that runs.
  void begin(EventId fault, const RedisTrouble& trouble);
  void heal(EventId fault);

 private:
  class Client;
  class MasterConnection;

  void run() override;
  void vanish() override;
  void resume() override;
  void on_due(std::uint64_t tag) override;

  ConnectionHandler& on_accept(std::unique_ptr<Connection> connection) override;
  void send(redis::ClientId client, std::string_view bytes) override;
  void close(redis::ClientId client) override;
  [[nodiscard]] WallTime wall_now() const override {
    return wall_epoch_ + now().time_since_epoch() + wall_skew_;
  }

  void feed(redis::ClientId client, std::string_view bytes);
  void serve(redis::ClientId client, std::string_view bytes);
  void replicate();
  void publish_flood();
  /// What is due of the messages that a fault has put off.
  void hand_over_late();
  void cut_those_who_do_not_read();
  void gone(const Client& client);
  /// After each turn of the server: what it has become, and whom it wants to be connected to.
  void follow_up();
  void note_changes(const redis::ReplicationView& view);
  void drop_master_connection();

  std::uint16_t port_;
  WallTime wall_epoch_;
  Duration wall_skew_{};
  EventQueue<SimTime>& queue_;
  AlarmId cron_;
  AlarmId flood_;
  AlarmId late_;
  WritesByHistory& writes_;
  redis::ReplicationView known_;
  redis::Server server_;
  RedisTroubles troubles_;
  std::map<redis::ClientId, std::unique_ptr<Client>> clients_;
  std::vector<std::unique_ptr<Client>> refused_;  ///< being told so
  std::optional<redis::Address> dialled_;  ///< since the last second, or the last change of masters
  std::unique_ptr<MasterConnection> to_master_;
  std::vector<std::unique_ptr<MasterConnection>> given_up_;  ///< perhaps in one of their own steps
  redis::ClientId asking_;  ///< whose request is served, while its reply is held
  std::string held_reply_;
  std::vector<redis::ClientId> backlogged_;  ///< were sent to in this turn, and have bytes waiting
};

}  // namespace arbees::sim
