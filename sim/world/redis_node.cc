#include "sim/world/redis_node.h"

#include <algorithm>
#include <deque>
#include <string>
#include <utility>

#include "sim/world/events.h"

namespace arbees::sim {
namespace {

constexpr Duration cron_period = seconds{1};
// What a flood is: 2 MiB a second, in messages that a client still takes.
constexpr Duration flood_period = milliseconds{125};
constexpr std::size_t flood_message = 256U << 10U;

/// What an alarm of the node is for.
constexpr std::uint64_t cron_tag = 0;
constexpr std::uint64_t flood_tag = 1;
constexpr std::uint64_t late_tag = 2;

}  // namespace

/// One connection. Bytes that a fault delays wait here, in order; so does the end behind them.
class RedisNode::Client final : public ConnectionHandler, private Receiver {
 public:
  Client(RedisNode& node, std::unique_ptr<Connection> connection, redis::ClientId id)
      : node_(node), connection_(std::move(connection)), id_(id) {}
  ~Client() {
    if (alarm_) {
      node_.queue_.remove(*alarm_);
    }
  }

  void send(std::string_view bytes) {
    const std::optional<Duration> delay = node_.troubles_.reply_delay(id_);
    if (!delay && later_.empty()) {
      connection_->write(bytes);
    } else {
      put_off(delay.value_or(Duration{}), bytes, false);
    }
  }
  void close() {
    if (later_.empty()) {
      connection_->close();
    } else {
      put_off(Duration{}, {}, true);
    }
  }
  [[nodiscard]] std::size_t unsent() const { return connection_->queued_bytes() + delayed_bytes_; }
  /// Sends what is due; a server that does not run sends nothing.
  void send_due() {
    while (!later_.empty() && later_.front().due <= node_.now()) {
      const Later next = std::move(later_.front());
      later_.pop_front();
      delayed_bytes_ -= next.bytes.size();
      if (next.end) {
        connection_->close();
        later_.clear();
      } else {
        connection_->write(next.bytes);
      }
    }
    if (!later_.empty()) {
      node_.queue_.arm(*alarm_, later_.front().due);
    }
  }

 private:
  friend RedisNode;
  struct Later {
    SimTime due;
    std::string bytes;
    bool end;
  };

  void on_connected() override {}
  void on_data(std::string_view bytes) override { node_.serve(id_, bytes); }
  void on_drained() override {}
  void on_closed(CloseReason, std::string_view, EventId) override { node_.gone(*this); }
  void on_due(std::uint64_t) override {
    if (node_.state() == State::running) {
      send_due();
    }
  }

  void put_off(Duration delay, std::string_view bytes, bool end) {
    const SimTime earliest = later_.empty() ? SimTime{} : later_.back().due;
    later_.push_back({std::max(earliest, node_.now() + delay), std::string(bytes), end});
    delayed_bytes_ += bytes.size();
    if (!alarm_) {
      alarm_ = node_.queue_.add(*this, 0);
    }
    if (later_.size() == 1) {
      node_.queue_.arm(*alarm_, later_.front().due);
    }
  }

  RedisNode& node_;
  std::unique_ptr<Connection> connection_;
  redis::ClientId id_;  // none: refused
  std::deque<Later> later_;
  std::size_t delayed_bytes_ = 0;
  std::optional<AlarmId> alarm_;
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
      cron_(context.queue.add(*this, cron_tag)),
      flood_(context.queue.add(*this, flood_tag)),
      late_(context.queue.add(*this, late_tag)),
      writes_(context.writes),
      server_(*this, *this),
      troubles_(server_, index, context.streams, context.recorder, context.now) {
  server_.set_place({std::string(context.recorder.name(index)), port_}, context.seed);
  if (setup.replica_of) {
    server_.start_as_replica_of(redis::Address{setup.replica_of->host, setup.replica_of->port});
  }
  known_ = server_.replication();
}

RedisNode::~RedisNode() {
  discard();
  queue_.remove(late_);
  queue_.remove(flood_);
  queue_.remove(cron_);
}

void RedisNode::run() {
  network_.listen(index(), port_, *this);
  troubles_.server_restarted();
  follow_up();
}

void RedisNode::vanish() {
  queue_.disarm(cron_);
  to_master_.reset();
  given_up_.clear();
  dialled_.reset();
  troubles_.late().clear();
  server_.restart();
  clients_.clear();
  refused_.clear();
  backlogged_.clear();
}

void RedisNode::resume() {
  for (const auto& [id, client] : clients_) {
    client->send_due();
  }
  hand_over_late();
  follow_up();
}

void RedisNode::begin(EventId fault, const RedisTrouble& trouble) {
  troubles_.begin(fault, trouble);
  if (trouble.kind == RedisTrouble::Kind::flood && !queue_.armed(flood_)) {
    queue_.arm(flood_, now());
  }
  follow_up();
}

void RedisNode::on_due(std::uint64_t tag) {
  if (tag == flood_tag) {
    publish_flood();
  } else if (tag == late_tag) {
    hand_over_late();
  } else {
    replicate();
  }
}

void RedisNode::heal(EventId fault) {
  troubles_.heal(fault);
  hand_over_late();
}

/// Once a second, while it is a replica or has some.
void RedisNode::replicate() {
  given_up_.clear();
  if (state() == State::running) {
    server_.tick();
    dialled_.reset();  // another attempt may be made
    follow_up();
  }
}

void RedisNode::feed(redis::ClientId client, std::string_view bytes) {
  server_.feed(client, bytes);
  hand_over_late();
  follow_up();
}

/// Who is gone meanwhile has lost what was meant for it.
void RedisNode::hand_over_late() {
  LateMessages& late = troubles_.late();
  if (state() != State::running) {
    return;
  }
  while (const std::optional<LateMessages::Message> message = late.take_due(now())) {
    send(message->to, message->push);
  }
  if (const std::optional<SimTime> next = late.next()) {
    queue_.arm(late_, *next);
  }
}

/// The client may be gone afterwards.
void RedisNode::serve(redis::ClientId client, std::string_view bytes) {
  const std::uint64_t published = server_.stats().published;
  asking_ = troubles_.may_lose_replies() ? client : redis::ClientId();
  server_.feed(client, bytes);
  if (!std::exchange(asking_, {}).none()) {
    const std::string reply = std::exchange(held_reply_, {});
    if (server_.stats().published > published && troubles_.loses_reply(client)) {
      server_.closed(client);
      clients_.erase(client);
    } else if (!reply.empty()) {
      send(client, reply);
    }
  }
  hand_over_late();
  cut_those_who_do_not_read();
  follow_up();
}

void RedisNode::publish_flood() {
  const std::optional<RedisTroubles::Flood> flood = troubles_.flood();
  if (!flood) {
    return;
  }
  if (state() == State::running) {
    static const std::string message(flood_message, 'x');
    (void)server_.operate({"PUBLISH", flood->channel, message});
    hand_over_late();
    cut_those_who_do_not_read();
    follow_up();
  }
  queue_.arm(flood_, now() + flood_period);
}

void RedisNode::cut_those_who_do_not_read() {
  for (const redis::ClientId id : std::exchange(backlogged_, {})) {
    const auto found = clients_.find(id);
    if (found == clients_.end()) {
      continue;
    }
    const std::size_t unsent = found->second->unsent();
    if (server_.over_output_limit(id, unsent)) {
      const std::optional<RedisTroubles::Flood> flood = troubles_.flood();
      record_as_world(SubscriberCut{.redis = NodeName(recorder_.name(index())), .unsent = unsent},
                      flood ? flood->fault : EventId{});
      clients_.erase(found);
    }
  }
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
    troubles_.sent_away();
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
  } else if (!asking_.none() && client == asking_) {
    held_reply_ += bytes;
  } else if (const auto found = clients_.find(client); found != clients_.end()) {
    found->second->send(bytes);
    if (found->second->unsent() > 0) {
      backlogged_.push_back(client);
    }
  }
}

void RedisNode::close(redis::ClientId client) {
  if (to_master_ && to_master_->id() == client) {
    to_master_->abort();
  } else if (const auto found = clients_.find(client); found != clients_.end()) {
    if (!held_reply_.empty() && client == asking_) {
      found->second->send(std::exchange(held_reply_, {}));
    }
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
