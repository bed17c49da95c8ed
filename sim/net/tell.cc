#include <algorithm>
#include <utility>

#include "core/base/assert.h"
#include "sim/net/network.h"

namespace arbees::sim {
namespace {

/// What one read of a program takes at most.
constexpr std::size_t read_max = 64U << 10U;

}  // namespace

void Network::attend_at(Channel& channel, unsigned side, SimTime time) {
  End& end = channel.ends[side];
  if (queue_.armed(end.attend) && end.attend_due <= time) {
    return;
  }
  end.attend_due = time;
  queue_.arm(end.attend, time);
}

void Network::attend(Channel& channel, unsigned side) {
  if (channel.ends[side].state == End::State::ended) {
    return;
  }
  give_up_if_late(channel, side);
  tell(channel, side);
}

void Network::tell(Channel& channel, unsigned side) {
  tell_all(channel, side);
  settle(channel.pipes[Channel::other(side)]);
}

/// Everything there is to tell, one step after the other, for as long as the program can hear.
void Network::tell_all(Channel& channel, unsigned side) {
  End& end = channel.ends[side];
  if (end.state == End::State::ended || end.state == End::State::absent) {
    free_if_over(channel);
    return;
  }
  Host& host = this->host(end.host);
  const EndRef ref{&channel, channel.serial, side};
  while (host.state == ProcessState::running && find(ref) != nullptr) {
    if (now_ < host.busy_until && has_news(channel, side) && busy(end.host)) {
      attend_at(channel, side, host.busy_until);
      return;
    }
    if (!tell_next(channel, side)) {
      break;
    }
  }
  if (host.state == ProcessState::frozen && find(ref) != nullptr && !end.listed) {
    end.listed = true;
    host.to_tell.push_back(ref);
  }
}

/// Whether there is something to tell.
bool Network::has_news(const Channel& channel, unsigned side) {
  const End& end = channel.ends[side];
  if (end.state == End::State::waiting) {
    return true;
  }
  const bool unread = channel.pipes[Channel::other(side)].unread() > 0;
  const bool over = end.ending && (end.ending->at_once || (!end.paused && !unread));
  return end.tell_connected || end.tell_drained || over || (unread && !end.paused);
}

/// Tells one thing; false if there is nothing (more) to tell now.
bool Network::tell_next(Channel& channel, unsigned side) {
  End& end = channel.ends[side];
  const NodeIndex node = end.host;
  const bool unread = channel.pipes[Channel::other(side)].unread() > 0;
  switch (end.state) {
    case End::State::waiting: tell_accepted(channel, side); return true;
    case End::State::open:
    case End::State::connecting: break;
    case End::State::absent:
    case End::State::ended: return false;
  }
  if (end.ending && end.ending->at_once) {
    tell_ending(channel, side);
    return false;
  }
  if (end.tell_connected) {
    end.tell_connected = false;
    end.handler->on_connected();
    took_step(node);
    return true;
  }
  if (unread && !end.paused && may_read(channel, side)) {
    return tell_data(channel, side);
  }
  if (end.tell_drained) {
    end.tell_drained = false;
    end.handler->on_drained();
    took_step(node);
    return true;
  }
  if (end.ending && !end.paused && !unread) {
    tell_ending(channel, side);
  }
  return false;
}

bool Network::tell_data(Channel& channel, unsigned side) {
  const unsigned sender = Channel::other(side);
  Pipe& in = channel.pipes[sender];
  std::string_view bytes = in.readable(read_max);
  bytes = limited(channel, side, bytes);
  const bool split = bytes.size() > 1 && draws_.chance(config_.split);
  if (split) {
    const auto longest = static_cast<std::int64_t>(bytes.size()) - 1;
    bytes = bytes.substr(0, static_cast<std::size_t>(draws_.between(1, longest)));
    attend_at(channel, side, now_ + draws_.between({Duration::zero(), config_.split_delay_max}));
  }
  read_buffer_.assign(bytes);
  in.consume(bytes.size());
  if (in.waits_to_send() || in.farewell_waits()) {
    pump(channel, sender);
  }
  const NodeIndex reader = channel.ends[side].host;
  channel.ends[side].handler->on_data(read_buffer_);
  took_step(reader);
  return !split;
}

void Network::tell_accepted(Channel& channel, unsigned side) {
  End& end = channel.ends[side];
  const std::vector<Listener>& listeners = host(end.host).listeners;
  const auto listener = std::ranges::find(listeners, channel.port, &Listener::port);
  ensure(listener != listeners.end(), "a listener lives as long as its program");
  end.state = End::State::open;
  const EndRef ref{&channel, channel.serial, side};
  ConnectionHandler& handler = listener->acceptor->on_accept(make_socket(channel, side));
  if (find(ref) != nullptr) {
    end.handler = &handler;
  }
}

void Network::tell_ending(Channel& channel, unsigned side) {
  End& end = channel.ends[side];
  const EndRef ref{&channel, channel.serial, side};
  const Ending ending = *std::exchange(end.ending, nullptr);
  ConnectionHandler* const handler = std::exchange(end.handler, nullptr);
  const NodeIndex node = end.host;
  end.state = End::State::ended;
  channel.pipes[Channel::other(side)].discard_arrived();
  pump(channel, side);  // a farewell that had to wait for the handshake
  handler->on_closed(ending.reason, ending.detail, ending.cause);
  took_step(node);
  if (find(ref) != nullptr) {
    free_if_over(channel);
  }
}

void Network::end_with(End& end, Ending ending) {
  const bool over = end.state == End::State::ended || end.state == End::State::absent;
  if (!over && (!end.ending || (ending.at_once && !end.ending->at_once))) {
    end.ending = std::make_unique<Ending>(ending);
  }
}

}  // namespace arbees::sim
