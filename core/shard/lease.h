#pragma once

#include <deque>
#include <expected>
#include <map>
#include <optional>
#include <string_view>

#include "core/base/ids.h"
#include "core/base/time.h"
#include "core/wire/shard_message.h"

namespace arbees {

/// Why a shard may not emit for a game.
enum class FenceReason : std::uint8_t {
  no_grant_yet,  ///< none of the present term
  not_named,     ///< the newest grant does not name the game with the epoch it is run with
  lease_over     ///< the newest grant has run out
};

[[nodiscard]] std::string_view to_string(FenceReason reason);

/// A shard's right to emit (ownership.md 3.1): a grant of the highest term seen, for the shard's own
/// boot, that names the game with its epoch, counted from when the beat it answers was sent.
///
/// Counted from the sending: whatever the way back takes is lost to us, never to the orchestrator,
/// which may give the game away once the same time has passed on its side.
class Lease {
 public:
  void sent(HeartbeatSeq hb_seq, MonoTime at);

  /// Takes a grant in. False if it is not newer than the one held, or answers a beat whose grants were
  /// given up (`give_up`), or one we know nothing of: it then changes nothing.
  bool take(const wire::Grant& grant);
  /// A higher term speaks: what an earlier one granted is void.
  void drop();
  /// Promises never to use a grant that answers this or an earlier beat.
  void give_up(HeartbeatSeq upto);
  /// The same for every beat sent by then.
  void give_up_sent_until(MonoTime moment);

  /// What is left of the right to emit for a game, or why there is none.
  [[nodiscard]] std::expected<Duration, FenceReason> check(const GameId& game, Epoch epoch,
                                                           MonoTime now) const;
  /// When the present grant runs out.
  [[nodiscard]] std::optional<MonoTime> over() const { return over_; }
  [[nodiscard]] HeartbeatSeq newest() const { return newest_; }
  [[nodiscard]] HeartbeatSeq given_up() const { return given_up_; }

 private:
  struct SentBeat {
    HeartbeatSeq hb_seq;
    MonoTime at;
  };

  std::deque<SentBeat> sent_;
  HeartbeatSeq newest_;
  GrantSeq newest_grant_;  ///< of those that answer it
  HeartbeatSeq given_up_;
  std::optional<MonoTime> over_;
  std::map<GameId, Epoch> named_;
};

}  // namespace arbees
