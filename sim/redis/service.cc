#include "sim/redis/service.h"

#include <utility>

namespace arbees::sim::redis {

class Service::Client final : public ConnectionHandler {
 public:
  Client(Service& service, std::unique_ptr<Connection> connection, ClientId id)
      : service_(service), connection_(std::move(connection)), id_(id) {}

  void send(std::string_view bytes) {
    connection_->write(bytes);
    if (!held_back_ && connection_->queued_bytes() > unread_replies_max) {
      held_back_ = true;
      connection_->pause_reading();
    }
  }
  void close() { connection_->close(); }
  [[nodiscard]] ClientId id() const { return id_; }
  [[nodiscard]] std::size_t unsent() const { return connection_->queued_bytes(); }

 private:
  void on_connected() override {}
  void on_data(std::string_view bytes) override { service_.take(id_, bytes); }
  void on_drained() override {
    if (std::exchange(held_back_, false)) {
      connection_->resume_reading();
    }
  }
  void on_closed(CloseReason, std::string_view, EventId) override { service_.gone(*this); }

  Service& service_;
  std::unique_ptr<Connection> connection_;
  ClientId id_;  // none: refused
  bool held_back_ = false;
};

Service::Service(const ServerClock& clock, const ServerSettings& settings)
    : server_(*this, clock, settings) {}
Service::~Service() = default;

ConnectionHandler& Service::serve(std::unique_ptr<Connection> connection, ClientAddress address) {
  const auto id = server_.open(std::move(address));
  if (!id) {
    refused_.push_back(std::make_unique<Client>(*this, std::move(connection), ClientId()));
    refused_.back()->send(id.error());
    refused_.back()->close();
    return *refused_.back();
  }
  auto client = std::make_unique<Client>(*this, std::move(connection), *id);
  return *clients_.emplace(*id, std::move(client)).first->second;
}

/// May end any client, the one these bytes are from among them.
void Service::take(ClientId from, std::string_view bytes) {
  server_.feed(from, bytes);
  for (const ClientId id : written_) {
    const auto client = clients_.find(id);
    if (client != clients_.end() && server_.over_output_limit(id, client->second->unsent())) {
      clients_.erase(client);
    }
  }
  written_.clear();
}

void Service::send(ClientId client, std::string_view bytes) {
  if (const auto found = clients_.find(client); found != clients_.end()) {
    found->second->send(bytes);
    written_.push_back(client);
  }
}

void Service::close(ClientId client) {
  if (const auto found = clients_.find(client); found != clients_.end()) {
    found->second->close();
  }
}

void Service::gone(const Client& client) {
  if (client.id().none()) {
    std::erase_if(refused_, [&](const auto& refused) { return refused.get() == &client; });
    return;
  }
  const ClientId id = client.id();
  server_.closed(id);
  clients_.erase(id);
}

}  // namespace arbees::sim::redis
