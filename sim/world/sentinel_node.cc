#include "sim/world/sentinel_node.h"

#include <utility>

#include "core/base/assert.h"
#include "sim/world/events.h"

namespace arbees::sim {
namespace {

std::string draw_id(Stream& draws) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string id;
  for (unsigned i = 0; i < 40; ++i) {
    id += digits[draws.next() & 0xFU];
  }
  return id;
}

}  // namespace

/// Somebody who asks the sentinel.
class SentinelNode::Client final : public ConnectionHandler {
 public:
  Client(SentinelNode& node, std::unique_ptr<Connection> connection, redis::ClientId id)
      : node_(node), connection_(std::move(connection)), id_(id) {}

  void send(std::string_view bytes) { connection_->write(bytes); }
  void close() { connection_->close(); }

 private:
  void on_connected() override {}
  void on_data(std::string_view bytes) override {
    node_.server_.feed(id_, bytes);
    node_.flush();
  }
  void on_drained() override {}
  void on_closed(CloseReason, std::string_view, EventId) override {
    node_.server_.closed(id_);
    node_.clients_.erase(id_);
  }

  SentinelNode& node_;
  std::unique_ptr<Connection> connection_;
  redis::ClientId id_;
};

/// Somebody the sentinel asks. What is written before the connection stands waits for it.
class SentinelNode::Peer final : public ConnectionHandler {
 public:
  Peer(SentinelNode& node, redis::PeerId id, const Endpoint& endpoint)
      : node_(node), id_(id), connection_(node.network_.connect(node.index(), endpoint, *this)) {}

  void send(std::string_view bytes) { connection_->write(bytes); }
  void abort() { connection_.reset(); }

 private:
  void on_connected() override {}
  void on_data(std::string_view bytes) override {
    node_.sentinel_->on_data(id_, bytes, node_.now());
    node_.flush();
  }
  void on_drained() override {}
  void on_closed(CloseReason, std::string_view, EventId) override {
    node_.sentinel_->on_gone(id_);
    node_.peers_.erase(id_);
  }

  SentinelNode& node_;
  redis::PeerId id_;
  std::unique_ptr<Connection> connection_;
};

SentinelNode::SentinelNode(NodeIndex index, const SentinelSetup& setup, EventQueue<SimTime>& queue,
                           Network& network, Recorder& recorder, const SimTime& now, Stream& draws)
    : Machine(index, network, recorder, now),
      queue_(queue),
      timer_(queue.add(*this, 0)),
      draws_(draws),
      settings_{.master_name = setup.master_name,
                .master = {setup.master.host, setup.master.port},
                .own = {std::string(recorder.name(index)), sentinel_port},
                .id = draw_id(draws),
                .quorum = setup.quorum,
                .down_after = setup.down_after,
                .failover_timeout = setup.failover_timeout},
      server_(*this, *this) {}

SentinelNode::~SentinelNode() { discard(); }

void SentinelNode::run() {
  network_.listen(index(), sentinel_port, *this);
  redis::SentinelHost& host = *this;
  sentinel_ = std::make_unique<redis::Sentinel>(settings_, host);
  sentinel_->start(memory_, now());
  server_.set_sentinel(*sentinel_);
  queue_.arm(timer_, now());
}

void SentinelNode::vanish() {
  queue_.disarm(timer_);
  memory_ = sentinel_->memory();
  peers_.clear();
  hung_up_.clear();
  announced_.clear();
  server_.restart();
  clients_.clear();
  sentinel_.reset();
}

void SentinelNode::resume() {
  if (!queue_.armed(timer_)) {
    queue_.arm(timer_, now());
  }
}

void SentinelNode::on_due(std::uint64_t) {
  hung_up_.clear();
  if (state() == State::running) {
    queue_.arm(timer_, sentinel_->tick(now()));
    flush();
  }
}

ConnectionHandler& SentinelNode::on_accept(std::unique_ptr<Connection> connection) {
  const auto id = server_.open();
  ensure(id.has_value(), "a sentinel has room for ten thousand clients");
  auto client = std::make_unique<Client>(*this, std::move(connection), *id);
  return *clients_.emplace(*id, std::move(client)).first->second;
}

void SentinelNode::send(redis::ClientId client, std::string_view bytes) {
  if (const auto found = clients_.find(client); found != clients_.end()) {
    found->second->send(bytes);
  }
}

void SentinelNode::close(redis::ClientId client) {
  if (const auto found = clients_.find(client); found != clients_.end()) {
    found->second->close();
  }
}

redis::PeerId SentinelNode::dial(const redis::Address& address) {
  last_peer_ = last_peer_.next();
  peers_.emplace(last_peer_,
                 std::make_unique<Peer>(*this, last_peer_,
                                        Endpoint{Endpoint::Kind::tcp, address.host, address.port}));
  return last_peer_;
}

void SentinelNode::send(redis::PeerId peer, std::string_view bytes) {
  peers_.at(peer)->send(bytes);
}

void SentinelNode::hang_up(redis::PeerId peer) {
  const auto found = peers_.find(peer);
  found->second->abort();
  hung_up_.push_back(std::move(found->second));
  peers_.erase(found);
}

void SentinelNode::announce(std::string_view channel, std::string_view message) {
  announced_.emplace_back(channel, message);
}

void SentinelNode::flush() {
  const auto announced = std::exchange(announced_, {});
  for (const auto& [channel, message] : announced) {
    recorder_.record(now(), index(), MonoTime(now().time_since_epoch()),
                     SentinelSaid{.what = channel, .detail = message}, {});
    server_.announce(channel, message);
  }
}

}  // namespace arbees::sim
