#include <algorithm>

#include "sim/net/events.h"
#include "sim/net/network.h"

namespace arbees::sim {
namespace {

/// How long a reader that is slow, or whose reads are merged, waits between two reads at most.
constexpr Duration between_reads = milliseconds{50};

}  // namespace

/// Says once that a fault has reached somebody: one that never did was no test.
void Network::feel(EventId fault, NodeIndex host) {
  if (unfelt_.empty() || unfelt_.erase(fault) == 0) {
    return;
  }
  recorder_.record(now_, world_node, MonoTime(now_.time_since_epoch()),
                   NetworkFaultFelt{.node = NodeName(recorder_.name(host))}, fault);
}

/// The link for a fault to change. Connections that took it for a usual one learn that it is not.
Link& Network::touch(LinkKey key) {
  const Links::Touched touched = links_.touch(key);
  if (touched.first) {
    for (const std::unique_ptr<Channel>& channel : channels_) {
      for (const unsigned side : {0U, 1U}) {
        if (channel->serial != 0 && channel->link_key(side) == key) {
          channel->links[side] = &touched.link;
        }
      }
    }
  }
  return touched.link;
}

/// What end `side` sends reaches nobody.
void Network::feel_blocked(const Channel& channel, unsigned side) {
  const EventId fault =
      channel.swallowed_by.none() ? channel.links[side]->blocked_by() : channel.swallowed_by;
  feel(fault, channel.ends[Channel::other(side)].host);
}

void Network::swallow(LinkKey link, EventId fault) {
  touch(link).swallow(fault);
  unfelt_.insert(fault);
  for (const std::unique_ptr<Channel>& channel : channels_) {
    for (const unsigned side : {0U, 1U}) {
      if (channel->serial != 0 && channel->link_key(side) == link && channel->swallowed_by.none()) {
        channel->swallowed_by = fault;
      }
    }
  }
}

/// A narrow link is wide again: what waited for its turn comes at once.
void Network::hurry(LinkKey key) {
  for (const std::unique_ptr<Channel>& channel : channels_) {
    for (const unsigned side : {0U, 1U}) {
      Pipe& out = channel->pipes[side];
      if (channel->serial != 0 && channel->link_key(side) == key && !out.wire_empty() &&
          !channel->blocked(side)) {
        out.hurry_segments(now_ + draws_.between(channel->links[side]->latency()));
        queue_.arm(out.buffer()->arrival, out.first_segment().arrives);
      }
    }
  }
}

void Network::read_as_usual(NodeIndex node, EventId fault) {
  std::erase_if(host(node).slow_reads,
                [fault](const Narrowed& slow) { return slow.fault == fault; });
}

void Network::overload(NodeIndex node, EventId fault, DurationRange step) {
  host(node).overloads.push_back({fault, step});
  unfelt_.insert(fault);
}

/// What waits has its turn now, unless another fault is still there.
void Network::relieve(NodeIndex node, EventId fault) {
  Host& host = this->host(node);
  std::erase_if(host.overloads,
                [fault](const Overload& overload) { return overload.fault == fault; });
  if (!host.overloads.empty() || host.busy_until <= now_) {
    return;
  }
  host.busy_until = now_;
  for (const std::unique_ptr<Channel>& channel : channels_) {
    for (const unsigned side : {0U, 1U}) {
      if (channel->serial != 0 && channel->ends[side].host == node) {
        attend_at(*channel, side, now_);
      }
    }
  }
}

void Network::took_step(NodeIndex node) {
  Host& host = this->host(node);
  if (!host.overloads.empty()) {
    host.busy_until = now_ + draws_.between(host.overloads.back().step);
  }
}

bool Network::busy(NodeIndex node) {
  Host& host = this->host(node);
  if (now_ >= host.busy_until) {
    return false;
  }
  feel(host.overloads.back().fault, node);
  return true;
}

/// Breaks the connection in the middle of the bytes of `segment`, if a fault waits for that. The receiver
/// reads what came, then hears of the end; the sender hears of it at once.
bool Network::tear(Channel& channel, unsigned side, const Segment& segment) {
  Pipe& out = channel.pipes[side];
  const EventId fault = channel.links[side]->tears();
  const std::uint64_t bytes = segment.end - out.arrived();
  if (fault.none() || bytes < 2 || channel.ends[Channel::other(side)].state != End::State::open) {
    return false;
  }
  touch(channel.link_key(side)).heal(fault);
  const auto longest = static_cast<std::int64_t>(bytes) - 1;
  out.arrive(out.arrived() + static_cast<std::uint64_t>(draws_.between(1, longest)));
  for (const unsigned each : {0U, 1U}) {
    channel.pipes[each].drop_queue();
    channel.pipes[each].drop_unarrived();
    end_with(channel.ends[each],
             {CloseReason::reset, "broken in the middle of a message", fault, each == side});
    attend_at(channel, each, now_);
  }
  feel(fault, channel.ends[Channel::other(side)].host);
  return true;
}

/// Whether the program of end `side` reads now what has arrived; otherwise it looks again later.
bool Network::may_read(Channel& channel, unsigned side) {
  End& end = channel.ends[side];
  if (now_ < end.reads_from) {
    attend_at(channel, side, end.reads_from);
    return false;
  }
  const EventId chopped = channel.links[Channel::other(side)]->chopped_by();
  if (chopped.none() || !draws_.chance({1, 2})) {
    return true;
  }
  // Late: what arrives until then is read with it.
  end.reads_from = now_ + draws_.between({Duration{1}, between_reads});
  attend_at(channel, side, end.reads_from);
  return false;
}

/// What one read takes of `bytes`, where a fault cuts or slows reading. It never takes nothing.
std::string_view Network::limited(Channel& channel, unsigned side, std::string_view bytes) {
  End& end = channel.ends[side];
  const Host& reader = host(end.host);
  if (!reader.slow_reads.empty()) {
    const Narrowed& slow = reader.slow_reads.back();
    const std::uint64_t each = std::max<std::uint64_t>(
        1,
        slow.bytes_per_second * static_cast<std::uint64_t>(between_reads.count()) / 1'000'000'000U);
    if (bytes.size() > each) {
      feel(slow.fault, end.host);
    }
    bytes = bytes.substr(0, each);
    end.reads_from = now_ + slow.time_of(bytes.size());
  }
  if (const EventId chopped = channel.links[Channel::other(side)]->chopped_by();
      !chopped.none() && bytes.size() > 1) {
    feel(chopped, end.host);
    const auto longest = static_cast<std::int64_t>(bytes.size());
    bytes = bytes.substr(0, static_cast<std::size_t>(draws_.between(1, longest)));
  }
  return bytes;
}

}  // namespace arbees::sim
