#include <algorithm>
#include <optional>

#include "sim/net/network.h"

namespace arbees::sim {

/// Lets everything go that may: from the queue into the kernel, from the kernel onto the wire.
void Network::pump(Channel& channel, unsigned side) {
  End& end = channel.ends[side];
  if (end.state == End::State::connecting || end.state == End::State::absent) {
    return;
  }
  Pipe& out = channel.pipes[side];
  const bool was_idle = !out.unacknowledged();
  const bool emptied = out.take(config_.send_buffer);
  if (was_idle && out.unacknowledged()) {
    out.buffer()->unacknowledged_since = now_;
  }
  if (emptied && end.backlogged) {
    end.backlogged = false;
    end.tell_drained = true;
    attend_at(channel, side, now_);
  }
  if (emptied && end.closing && !out.farewell) {
    finish_closing(channel, side);
    return;
  }
  if (!channel.blocked(side)) {
    const bool acks_lost = channel.blocked(Channel::other(side));
    const std::string_view sent =
        out.send(config_.receive_buffer,
                 acks_lost ? std::optional(config_.unacknowledged_burst) : std::nullopt);
    if (!sent.empty()) {
      recorder_.bytes_sent(now_, end.host, channel.ends[Channel::other(side)].host,
                           channel.serial * 2 + side, out.sent() - sent.size(), sent);
      transmit(channel, side, SegmentKind::data);
    }
    if (out.farewell_waits() && out.all_sent()) {
      out.farewell->sent = true;
      transmit(channel, side, SegmentKind::farewell);
    }
  }
  if (out.waits_to_send()) {
    if (channel.blocked(side)) {
      feel_blocked(channel, side);
    }
    watch_progress(channel, side);
  }
}

void Network::transmit(Channel& channel, unsigned side, SegmentKind kind) {
  Pipe& out = pipe_with_buffer(channel, side);
  const bool first = out.wire_empty();
  const Narrowed* narrow = channel.links[side]->narrowest();
  if (!first && kind == SegmentKind::data && narrow == nullptr) {
    Segment& last = out.last_segment();
    if (last.kind == SegmentKind::data && last.sent == now_) {
      last.end = out.sent();
      return;
    }
  }
  SimTime arrives = now_ + draws_.between(channel.links[side]->latency());
  feel(channel.links[side]->slowed_by(), channel.ends[Channel::other(side)].host);
  if (!first) {
    arrives = std::max(arrives, out.last_segment().arrives);
  }
  if (narrow != nullptr) {
    arrives += narrow->time_of(out.sent() - (first ? out.arrived() : out.last_segment().end));
    feel(narrow->fault, channel.ends[Channel::other(side)].host);
  }
  out.push_segment({.sent = now_, .arrives = arrives, .end = out.sent(), .kind = kind});
  if (first) {
    queue_.arm(out.buffer()->arrival, arrives);
  }
}

void Network::arrive(Channel& channel, unsigned side) {
  if (channel.blocked(side)) {
    feel_blocked(channel, side);
    watch_progress(channel, side);
    return;  // lost; sent again when the link is healed
  }
  Pipe& out = channel.pipes[side];
  while (!out.wire_empty() && out.first_segment().arrives <= now_) {
    land(channel, side, out.pop_segment());
  }
  if (!out.wire_empty()) {
    queue_.arm(out.buffer()->arrival, out.first_segment().arrives);
  }
  tell(channel, Channel::other(side));
}

void Network::land(Channel& channel, unsigned side, const Segment& segment) {
  Pipe& out = channel.pipes[side];
  End& receiver = channel.ends[Channel::other(side)];
  switch (segment.kind) {
    case SegmentKind::syn: land_syn(channel); break;
    case SegmentKind::syn_ack:
      if (receiver.state == End::State::connecting) {
        receiver.state = End::State::open;
        receiver.tell_connected = true;
        pump(channel, client_side);
      }
      break;
    case SegmentKind::refusal:
      end_with(receiver, {CloseReason::refused, "nobody listens there", out.farewell->cause, true});
      break;
    case SegmentKind::data:
      if (tear(channel, side, segment)) {
        break;
      }
      out.arrive(segment.end);
      if (receiver.state == End::State::ended) {
        out.discard_arrived();
      }
      if (channel.blocked(Channel::other(side))) {
        watch_progress(channel, side);
      } else {
        acknowledge(channel, side);
      }
      break;
    case SegmentKind::farewell:
      end_with(receiver,
               {out.farewell->reason, "ended by the other side", out.farewell->cause, false});
      break;
  }
}

void Network::land_syn(Channel& channel) {
  End& server = channel.ends[server_side];
  const Host& host = this->host(server.host);
  const bool listening = std::ranges::any_of(
      host.listeners, [&](const Listener& listener) { return listener.port == channel.port; });
  if (listening && host.refusals.empty()) {
    server.state = End::State::waiting;
    server.user_timeout = config_.accepted_timeout;
    transmit(channel, server_side, SegmentKind::syn_ack);
  } else {
    const EventId cause = host.refusals.empty() ? host.state_cause : host.refusals.front();
    feel(cause, channel.ends[Channel::other(server_side)].host);
    channel.pipes[server_side].farewell = std::make_unique<Farewell>(CloseReason::refused, cause);
    transmit(channel, server_side, SegmentKind::refusal);
  }
}

void Network::acknowledge(Channel& channel, unsigned side) {
  Pipe& out = channel.pipes[side];
  if (out.acknowledge()) {
    out.buffer()->unacknowledged_since = now_;
    pump(channel, side);
  }
}

/// The link is whole again: what was lost on it comes with the next retransmission.
void Network::retransmit(Channel& channel, unsigned side) {
  pump(channel, side);
  Pipe& out = channel.pipes[side];
  if (channel.serial == 0 || out.wire_empty()) {
    return;
  }
  const Duration wait = draws_.between({Duration::zero(), config_.retransmit_max});
  out.delay_segments(now_ + draws_.between(channel.links[side]->latency()) + wait);
  queue_.arm(out.buffer()->arrival, out.first_segment().arrives);
}

/// Bytes are stuck: looks again when they have been so for too long. Costs nothing while they flow.
void Network::watch_progress(Channel& channel, unsigned side) {
  const Pipe& out = channel.pipes[side];
  if (out.unacknowledged()) {
    attend_at(channel, side, out.buffer()->unacknowledged_since + channel.ends[side].user_timeout);
  }
}

void Network::give_up_if_late(Channel& channel, unsigned side) {
  Pipe& out = channel.pipes[side];
  const bool stuck =
      out.unacknowledged() && (out.waits_to_send() || channel.blocked(0) || channel.blocked(1));
  if (!stuck) {
    return;
  }
  End& end = channel.ends[side];
  if (now_ < out.buffer()->unacknowledged_since + end.user_timeout) {
    watch_progress(channel, side);
    return;
  }
  const EventId cause = stall_cause(channel, side);
  out.drop_queue();
  out.drop_unarrived();
  out.farewell = std::make_unique<Farewell>(
      Farewell{.reason = CloseReason::reset, .cause = cause, .sent = true});
  end_with(end, {CloseReason::write_timed_out, "written bytes stayed unacknowledged", cause, true});
  transmit(channel, side, SegmentKind::farewell);
}

/// What keeps the bytes of a pipe from arriving, as far as a fault does.
EventId Network::stall_cause(const Channel& channel, unsigned side) {
  if (!channel.swallowed_by.none()) {
    return channel.swallowed_by;
  }
  for (const unsigned direction : {side, Channel::other(side)}) {
    if (channel.links[direction]->blocked()) {
      return channel.links[direction]->blocked_by();
    }
  }
  return host(channel.ends[Channel::other(side)].host).state_cause;
}

}  // namespace arbees::sim
