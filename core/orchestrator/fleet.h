#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/health/breaker.h"
#include "core/health/conditions.h"
#include "core/health/flap_damping.h"
#include "core/health/shared_faults.h"
#include "core/health/stability.h"
#include "core/health/status.h"
#include "core/orchestrator/command_queue.h"
#include "core/orchestrator/look_queue.h"
#include "core/orchestrator/service_types.h"
#include "core/orchestrator/settings.h"
#include "core/orchestrator/sight.h"
#include "core/ports/store.h"
#include "core/wire/heartbeat.h"

namespace arbees {

/// A restarted shard gets its games back after the debounce, counted from the first restart that was
/// not served yet: one that restarts every four seconds would never be served otherwise (H5).
struct Resync {
  MonoTime due{};
  EventId cause = {};
  bool everything = false;  ///< also what the process was given already
  bool started = false;
  MonoTime started_at = {};
  std::uint64_t resent = 0;
  std::set<GameId> given = {};        ///< what it has decided to send
  std::set<GameId> outstanding = {};  ///< of that, what is not acknowledged
};

/// A grant on its way: which beat it answered, and how long we had seen when it was sent. While we
/// are blind its answer would not be heard, so that time is not its age.
struct SentGrant {
  HeartbeatSeq hb_seq;
  Duration sent_at_seen;
  MonoTime sent;
};

/// How what a beat says fits our settings and our wall clock.
struct Comparison {
  enum class Lease : std::uint8_t { fits, off, short_for_its_beats };
  enum class WallClock : std::uint8_t { fits, ahead, behind };

  Lease lease = Lease::fits;
  WallClock clock = WallClock::fits;
  Duration interval{};

  bool operator==(const Comparison&) const = default;
};

/// One shard as the orchestrator knows it.
struct Shard {
  Shard(ShardId shard_id, const OrchestratorSettings& settings, MonoTime now)
      : id(std::move(shard_id)),
        status(now),
        conditions(settings.status_settle),
        flaps(settings.flap_half_life, settings.flap_limit),
        breaker(settings.breaker(), now),
        commands({settings.resend_first, settings.resend_cap, settings.resend_limit}),
        interval(settings.heartbeat_interval) {}

  ShardId id;
  ServiceType type = ServiceType::game_shard;
  Incarnation incarnation;
  Generation generation;
  StatusMachine status;
  Conditions conditions;
  FlapDamping flaps;
  Stability stability;
  Breaker breaker;
  std::optional<MonoTime> unstable_since;  ///< as last announced
  std::optional<LeaveReason> leaving;      ///< as last announced
  bool breaker_alerted = false;            ///< that it is not closed for too long
  CommandQueue commands;
  Duration interval;
  std::uint64_t max_games = 0;
  bool leased = false;
  bool heard = false;  ///< in this term
  bool left = false;   ///< it ended in order
  /// The first beat after which it was asked whether it emits by a grant of an earlier term.
  std::optional<HeartbeatSeq> asked_at;
  /// It told of a game for which no epoch was left to adopt it under: until then others may have been reserved.
  std::optional<MonoTime> awaits_epoch_until;
  bool follows = false;        ///< it has said that it follows this term: it uses no earlier grant
  bool deaf = false;           ///< heard, but it does not hear us
  bool told_critical = false;  ///< people know that it cannot do its work
  std::optional<Comparison> compared;  ///< as last told

  MonoTime last_heard{};
  Duration heard_at_seen{};  ///< seeing time when it was last heard
  Duration patience{};       ///< extra silence allowed once after we could not see
  bool patience_used = false;
  std::optional<std::uint64_t> death_probe;  ///< the canary that must come back before it is dead

  HeartbeatSeq hb_seq;
  std::uint64_t strangers = 0;       ///< games of its last beat that are not meant to be there
  std::map<GameId, Epoch> reported;  ///< games of its last beat, with epochs where it says them
  std::deque<SentGrant> unconfirmed_grants;
  std::optional<Resync> resync;

  std::deque<Incarnation> superseded;  ///< the last few processes that were replaced
  std::uint64_t superseded_beats = 0;

  ShardMarks marks;  ///< what an operator said of it

  /// Whether its last beat listed the game with this epoch. On old wire no epochs are said: what it lists it runs.
  [[nodiscard]] bool reports(const GameId& game, Epoch epoch) const {
    const auto found = reported.find(game);
    return found != reported.end() &&
           (found->second == epoch || (old_wire() && found->second.none()));
  }
  /// Whether its last beat listed the game with a newer epoch than this one.
  [[nodiscard]] bool runs_newer(const GameId& game, Epoch epoch) const {
    const auto found = reported.find(game);
    return found != reported.end() && found->second > epoch;
  }
  /// It says none of our fields: nobody can fence it, and nothing it says names an epoch (ownership.md 4.16).
  [[nodiscard]] bool old_wire() const { return incarnation.boot.none(); }
  /// Late for longer than one lost beat explains (S of ownership.md 6).
  [[nodiscard]] bool suspect(MonoTime now) const { return last_heard + interval * 5 / 2 < now; }
  /// Why it gets no game it does not have; empty: it may get some.
  [[nodiscard]] std::string_view excluded() const;
  /// How it compares as an owner of games, lower is better: one that was worse lately, or often, gets
  /// games only when nobody better has room. It excludes nobody (ownership.md 4.11). A shard that is late
  /// may be dying, and counts least.
  [[nodiscard]] std::uint64_t rank(MonoTime now) const {
    return (status.status() == Status::healthy ? 0U : 1U) +
           (flaps.flapping() || stability.unstable(now) ? 2U : 0U) + (leased ? 0U : 4U) +
           (suspect(now) ? 8U : 0U);
  }
  [[nodiscard]] bool alive() const { return heard && status.status() != Status::dead; }
  /// False for shards of events: they are followed, and their lists are none of our games.
  [[nodiscard]] bool takes_games() const { return traits_of(type).takes_games; }
  [[nodiscard]] wire::Subject subject() const { return subject_of(type, id.str(), id.str()); }
  [[nodiscard]] wire::Addressee addressee() const { return {incarnation.boot, generation}; }
};

/// What a heartbeat is in the story of its shard.
enum class Hearing : std::uint8_t {
  first,       ///< a shard or service id never heard before
  same,        ///< the process known so far
  restarted,   ///< another process of a known shard
  repeated,    ///< not newer than one already heard
  superseded,  ///< a process that was replaced is still there (C3)
};

/// The shards heard or remembered.
class Fleet {
 public:
  explicit Fleet(const OrchestratorSettings& settings) : settings_(settings) {}

  /// Takes over what a store remembers; the silence of each counts from now.
  void load(const StoreImage& image, MonoTime now, Duration seen);

  /// Finds out what the beat is, without changing anything.
  [[nodiscard]] Hearing classify(const wire::Heartbeat& beat) const;

  Shard& get_or_add(const ShardId& id, MonoTime now);
  [[nodiscard]] Shard* find(const ShardId& id);
  [[nodiscard]] const Shard* find(const ShardId& id) const;
  [[nodiscard]] std::map<ShardId, Shard>& shards() { return shards_; }
  [[nodiscard]] const std::map<ShardId, Shard>& shards() const { return shards_; }
  void forget(const ShardId& id) {
    shards_.erase(id);
    looks_.forget(id);
  }
  /// When each of them is to be looked at for its silence.
  [[nodiscard]] LookQueue& looks() { return looks_; }
  [[nodiscard]] const LookQueue& looks() const { return looks_; }

  /// How long this shard may be silent while we see: its own interval counts (ownership.md 4.10), and that
  /// nobody can fence it (4.16).
  [[nodiscard]] Duration timeout_of(const Shard& shard) const;
  /// When it is due to be declared dead, or nothing while blind, for the dead and for the unheard-of.
  [[nodiscard]] std::optional<MonoTime> death_due(const Shard& shard, const Sight& sight,
                                                  MonoTime now) const;

 private:
  const OrchestratorSettings& settings_;
  std::map<ShardId, Shard> shards_;
  LookQueue looks_;
};

/// Makes `next` the shard's process; the one before is remembered so that it is never adopted again. Its generation is
/// above that one's, and not below what it says it was `told`: an orchestrator whose store is gone knew more.
void replace_incarnation(Shard& shard, const Incarnation& next, Generation told);

}  // namespace arbees
