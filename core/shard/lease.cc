#include "core/shard/lease.h"

#include <algorithm>
#include <iterator>

#include "core/base/assert.h"

namespace arbees {
namespace {

/// More beats than any lease spans; an answer to an older one is of no use.
constexpr std::size_t sent_beats_max = 128;

}  // namespace

std::string_view to_string(FenceReason reason) {
  switch (reason) {
    case FenceReason::no_grant_yet: return "no_grant_yet";
    case FenceReason::not_named: return "not_named";
    case FenceReason::lease_over: return "lease_over";
  }
  return "unknown";
}

void Lease::sent(HeartbeatSeq hb_seq, MonoTime at) {
  ensure(sent_.empty() || sent_.back().hb_seq < hb_seq, "beats are numbered in order");
  sent_.push_back({hb_seq, at});
  if (sent_.size() > sent_beats_max) {
    sent_.pop_front();
  }
}

bool Lease::take(const wire::Grant& grant) {
  // A grant for an older beat that comes late must not take away what a newer one gave (H2).
  if (grant.hb_seq < newest_ || grant.hb_seq <= given_up_) {
    return false;
  }
  // Nor what a newer one for the same beat gave, or took away: a message may come twice.
  if (grant.hb_seq == newest_ && grant.seq < newest_grant_) {
    return false;
  }
  const auto beat = std::ranges::find_if(
      sent_, [&](const SentBeat& sent_beat) { return sent_beat.hb_seq == grant.hb_seq; });
  if (beat == sent_.end()) {
    return false;
  }
  newest_ = grant.hb_seq;
  newest_grant_ = grant.seq;
  over_ = beat->at + grant.lease;
  named_ = grant.games;
  sent_.erase(sent_.begin(), beat);
  return true;
}

void Lease::drop() {
  newest_grant_ = {};
  over_.reset();
  named_.clear();
}

void Lease::give_up(HeartbeatSeq upto) {
  given_up_ = std::max(given_up_, upto);
  if (newest_ <= given_up_) {
    drop();
  }
}

void Lease::give_up_sent_until(MonoTime moment) {
  const auto later =
      std::ranges::upper_bound(sent_, moment, {}, [](const SentBeat& beat) { return beat.at; });
  if (later != sent_.begin()) {
    give_up(std::prev(later)->hb_seq);
  }
}

std::expected<Duration, FenceReason> Lease::check(const GameId& game, Epoch epoch,
                                                  MonoTime now) const {
  if (!over_) {
    return std::unexpected(FenceReason::no_grant_yet);
  }
  const auto named = named_.find(game);
  if (named == named_.end() || named->second != epoch) {
    return std::unexpected(FenceReason::not_named);
  }
  if (now >= *over_) {
    return std::unexpected(FenceReason::lease_over);
  }
  return *over_ - now;
}

}  // namespace arbees
