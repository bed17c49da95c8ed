#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "core/ports/transport.h"
#include "sim/redis/server.h"

namespace arbees::sim::redis {

/// The model of a server with connections on it: carries bytes between the two, whatever the connections
/// are made of.
class Service final : private ServerOutput {
 public:
  /// `clock` must outlive the service.
  Service(const ServerClock& clock, const ServerSettings& settings);
  ~Service() override;
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  /// Serves the connection until it ends. Returns who handles it.
  [[nodiscard]] ConnectionHandler& serve(std::unique_ptr<Connection> connection,
                                         ClientAddress address);

  /// Clients that connect from now on must log in with it; empty: they need not.
  void require_password(std::string_view password) { server_.require_password(password); }
  [[nodiscard]] const Server& server() const { return server_; }

  /// A client that does not read its replies is not read from while more than this waits for it, so that
  /// memory stays bounded; the real server's memory grows until it is full. It is this much because clients
  /// that write a whole pipeline before they read a reply are usual, and would wait for ever.
  static constexpr std::size_t unread_replies_max = std::size_t{64} * 1024 * 1024;

 private:
  class Client;

  void send(ClientId client, std::string_view bytes) override;
  void close(ClientId client) override;
  void gone(const Client& client);
  void take(ClientId client, std::string_view bytes);

  Server server_;
  std::map<ClientId, std::unique_ptr<Client>> clients_;
  std::vector<std::unique_ptr<Client>> refused_;  // until they have read why
  std::vector<ClientId> written_;                 // in this turn
};

}  // namespace arbees::sim::redis
