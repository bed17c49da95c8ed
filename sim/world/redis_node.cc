#include "sim/world/redis_node.h"

#include <algorithm>
#include <string>
#include <utility>

#include "sim/world/events.h"

namespace arbees::sim {
namespace {

constexpr Duration cron_period = seconds{1};

}  // namespace

class RedisNode::Client final : public ConnectionHandler {
 public:
  Client(RedisNode& node, std::unique_ptr<Connection> connection, redis::ClientId id)
      : node_(node), connection_(std::move(connection)), id_(id) {}

  void send(std::string_view bytes) { connection_->write(bytes); }
  void close() { connection_->close(); }

 private:
  void on_connected() override {}
  void on_data(std::string_view bytes) override { node_.feed(id_, bytes); }
  void on_drained() override {}
  void on_closed(CloseReason, std::string_view, EventId) override { node_.gone(*this); }

  RedisNode& node_;
  std::unique_ptr<Connection> connection_;
  redis::ClientId id_;  // none: refused

  friend RedisNode;
};

/// A replica's connection to its master, from the attempt on.
class RedisNode::MasterConnection final : public ConnectionHandler {
 public:
  MasterConnection(RedisNode& node, redis::Address address)
      : node_(node),
        address_(std::move(address)),
        connection_(node.network_.connect(
            node.index(), {Endpoint::Kind::tcp, address_.host, address_.port}, *this)) {}

  [[nodiscard]] const redis::Address& address() const { return address_; }
  [[nodiscard]] bool over() const { return over_; }
  [[nodiscard]] redis::ClientId id() const { return id_; }
  void send(std::string_view bytes) { connection_->write(bytes); }
  /// Nothing more is said or heard.
  void abort() {
    over_ = true;
    connection_.reset();
  }

 private:
  void on_connected() override {
    id_ = node_.server_.open_to_master();
    node_.server_.greet_master();
    node_.follow_up();
  }
  void on_data(std::string_view bytes) override { node_.feed(id_, bytes); }
  void on_drained() override {}
  void on_closed(CloseReason, std::string_view, EventId) override {
    over_ = true;
    if (!id_.none()) {
      node_.server_.closed(id_);
    }
    node_.follow_up();
  }

  RedisNode& node_;
  redis::Address address_;
  redis::ClientId id_;  // none: not connected yet
  bool over_ = false;
  std::unique_ptr<Connection> connection_;
};

RedisNode::RedisNode(NodeIndex index, const RedisSetup& setup, const Context& context)
    : Machine(index, context.network, context.recorder, context.now),
      port_(setup.port),
      wall_epoch_(context.wall_epoch),
      queue_(context.queue),
      cron_(context.queue.add(*this, 0)),
      writes_(context.writes),
      server_(*this, *this) {
  server_.set_place({std::string(context.recorder.name(index)), port_}, context.seed);
  if (setup.replica_of) {
    server_.start_as_replica_of(redis::Address{setup.replica_of->host, setup.replica_of->port});
  }
  known_ = server_.replication();
}

RedisNode::~RedisNode() { discard(); }

void RedisNode::run() {
  network_.listen(index(), port_, *this);
  follow_up();
}

void RedisNode::vanish() {
  queue_.disarm(cron_);
  to_master_.reset();
  given_up_.clear();
  dialled_.reset();
  server_.restart();
  clients_.clear();
  refused_.clear();
}

void RedisNode::resume() { follow_up(); }

/// Once a second, while it is a replica or has some.
void RedisNode::on_due(std::uint64_t) {
  given_up_.clear();
  if (state() == State::running) {
    server_.tick();
    dialled_.reset();  // another attempt may be made
    follow_up();
  }
}

void RedisNode::feed(redis::ClientId client, std::string_view bytes) {
  server_.feed(client, bytes);
  follow_up();
}

void RedisNode::follow_up() {
  if (!server_.replicates()) {
    return;
  }
  const redis::ReplicationView view = server_.replication();
  note_changes(view);
  if ((view.master || view.replicas > 0) && !queue_.armed(cron_)) {
    queue_.arm(cron_, now() + cron_period);
  }
  if (to_master_ && (to_master_->over() || to_master_->address() != view.master)) {
    drop_master_connection();
  }
  if (!to_master_ && view.master && dialled_ != view.master) {
    dialled_ = view.master;
    to_master_ = std::make_unique<MasterConnection>(*this, *view.master);
  }
}

void RedisNode::drop_master_connection() {
  std::unique_ptr<MasterConnection> dropped = std::move(to_master_);
  const bool known = !dropped->over() && !dropped->id().none();
  dropped->abort();
  if (known) {
    server_.closed(dropped->id());
  }
  given_up_.push_back(std::move(dropped));
}

void RedisNode::note_changes(const redis::ReplicationView& view) {
  const auto record = [&](EventView event) {
    recorder_.record(now(), index(), MonoTime(now().time_since_epoch()), event, {});
  };
  if (view.promotions != known_.promotions) {
    const std::uint64_t acknowledged = std::max(writes_[view.previous_history], view.writes);
    record(RedisPromoted{
        .offset = view.offset, .writes = view.writes, .writes_lost = acknowledged - view.writes});
  }
  if (view.master && view.master != known_.master) {
    record(RedisFollows{.master = NodeName(view.master->host)});
  }
  if (view.full_syncs != known_.full_syncs) {
    record(RedisSynced{.master = NodeName(view.master ? view.master->host : std::string()),
                       .writes = view.writes,
                       .writes_discarded = view.discarded});
  }
  if (!view.master) {
    writes_[view.history] = view.writes;
  }
  known_ = view;
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
  if (to_master_ && to_master_->id() == client) {
    to_master_->send(bytes);
  } else if (const auto found = clients_.find(client); found != clients_.end()) {
    found->second->send(bytes);
  }
}

void RedisNode::close(redis::ClientId client) {
  if (to_master_ && to_master_->id() == client) {
    to_master_->abort();
  } else if (const auto found = clients_.find(client); found != clients_.end()) {
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
  follow_up();
}

}  // namespace arbees::sim
