#include "sim/net/network.h"

#include <algorithm>
#include <utility>

#include "core/base/assert.h"
#include "sim/net/events.h"

namespace arbees::sim {
namespace {

/// A queue is worth telling from here on.
constexpr std::size_t queue_told_from = 4U << 10U;

// What an alarm is for, in the lowest bit of its tag; above it the number of a buffer, or of an end.
constexpr std::uint64_t arrival_tag = 0;
constexpr std::uint64_t attend_tag = 1;

}  // namespace

/// What a program holds of its end. The channel may be over, and its place taken by another one.
class Network::Socket final : public Connection {
 public:
  Socket(Network& network, EndRef end) : network_(network), end_(end) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  ~Socket() override {
    if (Channel* channel = network_.find(end_)) {
      network_.detach(*channel, end_.side, CloseReason::reset, {});
    }
  }

  void write(std::string_view bytes) override {
    if (Channel* channel = network_.find(end_)) {
      network_.write(*channel, end_.side, bytes);
    }
  }

  std::size_t queued_bytes() const override {
    const Channel* channel = network_.find(end_);
    return channel == nullptr ? 0 : channel->pipes[end_.side].queued();
  }

  void pause_reading() override {
    if (Channel* channel = network_.find(end_)) {
      channel->ends[end_.side].paused = true;
    }
  }

  void resume_reading() override {
    if (Channel* channel = network_.find(end_)) {
      channel->ends[end_.side].paused = false;
      network_.attend_at(*channel, end_.side, network_.now_);
    }
  }

  void close() override {
    if (Channel* channel = network_.find(end_)) {
      network_.close(*channel, end_.side);
    }
  }

 private:
  Network& network_;
  EndRef end_;
};

Network::Network(EventQueue<SimTime>& queue, const SimTime& now, Stream& draws, Recorder& recorder,
                 const NetworkConfig& config)
    : queue_(queue),
      now_(now),
      draws_(draws),
      recorder_(recorder),
      config_(config),
      links_(config.latency) {}

void Network::on_due(std::uint64_t tag) {
  if (!graveyard_.empty()) {
    free_.insert(free_.end(), graveyard_.begin(), graveyard_.end());
    graveyard_.clear();
  }
  const std::uint64_t number = tag >> 1U;
  if ((tag & 1U) == arrival_tag) {
    const PipeBuffer& buffer = *buffers_[number];
    arrive(*buffer.channel, buffer.side);
  } else {
    attend(*channels_[number >> 1U], static_cast<unsigned>(number & 1U));
  }
}

void Network::add_host(NodeIndex host) {
  if (hosts_.size() <= value(host)) {
    hosts_.resize(value(host) + 1);
  }
  const bool fresh = by_name_.emplace(recorder_.name(host), host).second;
  ensure(fresh, "every host has a name of its own");
}

void Network::process_started(NodeIndex node) {
  Host& host = this->host(node);
  ensure(host.state == ProcessState::ended, "a host runs one program");
  host.state = ProcessState::running;
  host.state_cause = {};
  host.busy_until = {};
}

void Network::process_frozen(NodeIndex node, EventId cause) {
  Host& host = this->host(node);
  ensure(host.state == ProcessState::running, "only a running program is frozen");
  host.state = ProcessState::frozen;
  host.state_cause = cause;
}

void Network::process_thawed(NodeIndex node) {
  Host& host = this->host(node);
  ensure(host.state == ProcessState::frozen, "only a frozen program is thawed");
  host.state = ProcessState::running;
  host.state_cause = {};
  const std::vector<EndRef> waiting = std::exchange(host.to_tell, {});
  for (const EndRef& ref : waiting) {
    if (Channel* channel = find(ref)) {
      channel->ends[ref.side].listed = false;
      tell(*channel, ref.side);
    }
  }
}

void Network::process_ended(NodeIndex node, CloseReason reason, EventId cause) {
  Host& host = this->host(node);
  host.state = ProcessState::ended;
  host.state_cause = cause;
  host.listeners.clear();
  host.to_tell.clear();
  for (const std::unique_ptr<Channel>& channel : channels_) {
    for (const unsigned side : {client_side, server_side}) {
      if (channel->serial != 0 && channel->ends[side].host == node) {
        const bool loses = channel->pipes[Channel::other(side)].unread() > 0 ||
                           channel->ends[side].state == End::State::waiting;
        detach(*channel, side, loses ? CloseReason::reset : reason, cause);
      }
    }
  }
}

void Network::listen(NodeIndex node, std::uint16_t port, Acceptor& acceptor) {
  host(node).listeners.push_back({.port = port, .acceptor = &acceptor});
}

std::unique_ptr<Connection> Network::connect(NodeIndex client, const Endpoint& endpoint,
                                             ConnectionHandler& handler) {
  const auto found = by_name_.find(endpoint.host);
  const bool known = endpoint.kind == Endpoint::Kind::tcp && found != by_name_.end();
  Channel& channel = open_channel(client, known ? found->second : client, endpoint);
  End& end = channel.ends[client_side];
  end.handler = &handler;
  end.user_timeout = config_.user_timeout;
  if (known) {
    transmit(channel, client_side, SegmentKind::syn);
  } else {
    end_with(end, {CloseReason::unreachable, "no host of that name", {}, true});
    attend_at(channel, client_side, now_);
  }
  return make_socket(channel, client_side);
}

void Network::heal(LinkKey key, EventId fault) {
  Link& link = touch(key);
  const bool was_narrow = link.narrowest() != nullptr;
  const bool passes_again = link.heal(fault);
  if (was_narrow && link.narrowest() == nullptr) {
    hurry(key);
  }
  if (!passes_again) {
    return;
  }
  for (const std::unique_ptr<Channel>& channel : channels_) {
    for (const unsigned side : {client_side, server_side}) {
      if (channel->serial != 0 && channel->link_key(side) == key) {
        acknowledge(*channel, Channel::other(side));
        retransmit(*channel, side);
      }
    }
  }
}

void Network::stop_refusing(NodeIndex node, EventId fault) {
  std::erase(host(node).refusals, fault);
}

void Network::reset_between(NodeIndex a, NodeIndex b, EventId fault) {
  for (const std::unique_ptr<Channel>& channel : channels_) {
    const LinkKey key = channel->link_key(client_side);
    const bool between = key == LinkKey{a, b} || key == LinkKey{b, a};
    if (channel->serial == 0 || !between ||
        channel->ends[server_side].state == End::State::absent) {
      continue;
    }
    for (const unsigned side : {client_side, server_side}) {
      channel->pipes[side].drop_queue();
      channel->pipes[side].drop_unarrived();
      end_with(channel->ends[side], {CloseReason::reset, "broken by the network", fault, true});
      attend_at(*channel, side, now_);
    }
  }
}

Channel& Network::open_channel(NodeIndex client, NodeIndex server, const Endpoint& endpoint) {
  if (free_.empty()) {
    const auto index = static_cast<std::uint32_t>(channels_.size());
    channels_.push_back(std::make_unique<Channel>());
    channels_.back()->index = index;
    for (const unsigned side : {client_side, server_side}) {
      const std::uint64_t end = std::uint64_t{index} << 1U | side;
      channels_.back()->ends[side].attend = queue_.add(*this, end << 1U | attend_tag);
    }
    free_.push_back(index);
  }
  Channel& channel = *channels_[free_.back()];
  free_.pop_back();
  channel.serial = next_serial_++;
  channel.port = endpoint.port;
  channel.ends[client_side].host = client;
  channel.ends[client_side].state = End::State::connecting;
  channel.ends[server_side].host = server;
  for (const unsigned side : {client_side, server_side}) {
    channel.links[side] = &links_.get(channel.link_key(side));
    if (channel.links[side]->swallows()) {
      channel.swallowed_by = channel.links[side]->swallowed_by();
    }
  }
  return channel;
}

std::unique_ptr<Connection> Network::make_socket(Channel& channel, unsigned side) {
  return std::make_unique<Socket>(*this, EndRef{&channel, channel.serial, side});
}

/// The pipe out of end `side`, with a buffer to put something in.
Pipe& Network::pipe_with_buffer(Channel& channel, unsigned side) {
  Pipe& out = channel.pipes[side];
  if (out.buffer() == nullptr) {
    if (free_buffers_.empty()) {
      const std::uint64_t number = buffers_.size();
      buffers_.push_back(std::make_unique<PipeBuffer>());
      buffers_.back()->arrival = queue_.add(*this, number << 1U | arrival_tag);
      free_buffers_.push_back(buffers_.back().get());
    }
    PipeBuffer& buffer = *free_buffers_.back();
    free_buffers_.pop_back();
    buffer.channel = &channel;
    buffer.side = side;
    out.use(buffer);
  }
  return out;
}

/// A pipe in which nothing is left needs no buffer.
void Network::settle(Pipe& pipe) {
  if (pipe.buffer() != nullptr && pipe.idle() && !queue_.armed(pipe.buffer()->arrival)) {
    release(pipe);
  }
}

void Network::release(Pipe& pipe) {
  if (PipeBuffer* const buffer = pipe.buffer()) {
    queue_.disarm(buffer->arrival);
    buffer->clear();
    free_buffers_.push_back(buffer);
    pipe.give_back();
  }
}

/// A channel is over when nobody is left to be told anything.
void Network::free_if_over(Channel& channel) {
  const auto over = [](const End& end) {
    return end.state == End::State::ended || end.state == End::State::absent;
  };
  if (channel.serial != 0 && over(channel.ends[client_side]) && over(channel.ends[server_side])) {
    free(channel);
  }
}

void Network::free(Channel& channel) {
  channel.serial = 0;
  channel.swallowed_by = {};
  for (const unsigned side : {client_side, server_side}) {
    queue_.disarm(channel.ends[side].attend);
    const AlarmId attend = channel.ends[side].attend;
    channel.ends[side] = {};
    channel.ends[side].attend = attend;
    release(channel.pipes[side]);
    channel.pipes[side] = {};
  }
  graveyard_.push_back(channel.index);
}

/// The program of an end is gone, or does not want it any more. Its kernel still sends what it took.
void Network::detach(Channel& channel, unsigned side, CloseReason farewell, EventId cause) {
  End& end = channel.ends[side];
  if (end.state == End::State::absent || end.state == End::State::ended) {
    return;
  }
  // A connect that was given up is not retransmitted: the server never hears of it.
  const bool never_heard_of =
      side == client_side && channel.ends[server_side].state == End::State::absent;
  end.state = End::State::ended;
  end.handler = nullptr;
  end.ending.reset();
  channel.pipes[Channel::other(side)].discard_arrived();
  if (!never_heard_of) {
    Pipe& out = channel.pipes[side];
    out.drop_queue();
    if (!out.farewell) {
      out.farewell = std::make_unique<Farewell>(farewell, cause);
    }
    pump(channel, side);
  }
  free_if_over(channel);
}

void Network::write(Channel& channel, unsigned side, std::string_view bytes) {
  End& end = channel.ends[side];
  if (end.state == End::State::ended || end.closing || end.ending || bytes.empty()) {
    return;
  }
  Pipe& out = pipe_with_buffer(channel, side);
  out.write(bytes);
  pump(channel, side);
  const std::size_t queued = out.queued();
  end.backlogged = queued > 0;
  if (queued >= std::max(queue_told_from, 2 * end.queue_told)) {
    end.queue_told = queued;
    tell_of_queue(channel, side);
  }
}

void Network::tell_of_queue(const Channel& channel, unsigned side) {
  const LinkKey link = channel.link_key(side);
  recorder_.record(now_, world_node, MonoTime(now_.time_since_epoch()),
                   SendQueueGrew{.node = NodeName(recorder_.name(link.from)),
                                 .to = NodeName(recorder_.name(link.to)),
                                 .bytes = channel.pipes[side].queued()},
                   stall_cause(channel, side));
}

void Network::close(Channel& channel, unsigned side) {
  End& end = channel.ends[side];
  if (end.state == End::State::ended || end.closing || end.ending) {
    return;
  }
  end.closing = true;
  if (end.state == End::State::connecting) {
    channel.pipes[side].drop_queue();
  }
  if (channel.pipes[side].queued() == 0) {
    finish_closing(channel, side);
  }
}

void Network::finish_closing(Channel& channel, unsigned side) {
  End& end = channel.ends[side];
  channel.pipes[side].farewell = std::make_unique<Farewell>(CloseReason::end_of_stream);
  end_with(end, {CloseReason::end_of_stream, "closed by this side", {}, true});
  attend_at(channel, side, now_);
  pump(channel, side);
}

}  // namespace arbees::sim
