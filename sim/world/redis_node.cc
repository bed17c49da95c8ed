#include "sim/world/redis_node.h"

#include <algorithm>
#include <string>
#include <utility>

namespace arbees::sim {

class RedisNode::Client final : public ConnectionHandler {
 public:
  Client(RedisNode& node, std::unique_ptr<Connection> connection, redis::ClientId id)
      : node_(node), connection_(std::move(connection)), id_(id) {}

  void send(std::string_view bytes) { connection_->write(bytes); }
  void close() { connection_->close(); }

 private:
  void on_connected() override {}
  void on_data(std::string_view bytes) override { node_.server_.feed(id_, bytes); }
  void on_drained() override {}
  void on_closed(CloseReason, std::string_view, EventId) override { node_.gone(*this); }

  RedisNode& node_;
  std::unique_ptr<Connection> connection_;
  redis::ClientId id_;  // none: refused

  friend RedisNode;
};

RedisNode::RedisNode(NodeIndex index, std::uint16_t port, Network& network, Recorder& recorder,
                     const SimTime& now, WallTime wall_epoch)
    : Machine(index, network, recorder, now),
      port_(port),
      wall_epoch_(wall_epoch),
      server_(*this, *this) {}

RedisNode::~RedisNode() { discard(); }

void RedisNode::run() { network_.listen(index(), port_, *this); }

void RedisNode::vanish() {
  server_.restart();
  clients_.clear();
  refused_.clear();
}

ConnectionHandler& RedisNode::on_accept(std::unique_ptr<Connection> connection) {
  const auto id = server_.open();
  if (!id) {
    refused_.push_back(std::make_unique<Client>(*this, std::move(connection), redis::ClientId()));
    refused_.back()->send(id.error());
    refused_.back()->close();
    return *refused_.back();
  }
  auto client = std::make_unique<Client>(*this, std::move(connection), *id);
  return *clients_.emplace(*id, std::move(client)).first->second;
}

void RedisNode::send(redis::ClientId client, std::string_view bytes) {
  if (const auto found = clients_.find(client); found != clients_.end()) {
    found->second->send(bytes);
  }
}

void RedisNode::close(redis::ClientId client) {
  if (const auto found = clients_.find(client); found != clients_.end()) {
    found->second->close();
  }
}

void RedisNode::gone(const Client& client) {
  if (client.id_.none()) {
    std::erase_if(refused_, [&](const auto& refused) { return refused.get() == &client; });
    return;
  }
  const redis::ClientId id = client.id_;
  server_.closed(id);
  clients_.erase(id);
}

}  // namespace arbees::sim
