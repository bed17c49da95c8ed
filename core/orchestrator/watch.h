#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "core/assignment/ledger.h"
#include "core/orchestrator/canary.h"
#include "core/orchestrator/flapping.h"
#include "core/orchestrator/fleet.h"
#include "core/orchestrator/modes.h"
#include "core/orchestrator/sight.h"
#include "core/orchestrator/voice.h"
#include "core/orchestrator/wall_clock_watch.h"

namespace arbees {

/// Knows whether we would hear, and since when the present term is learning (BLIND, WARM_UP).
class Watch {
 public:
  Watch(Ports& ports, const OrchestratorSettings& settings, const InstanceId& instance,
        Fleet& fleet, Voice& voice);

  /// What bounds WARM_UP from below, beside its shortest time.
  struct Doubt {
    /// Leases that the store does not know of may last so long.
    Duration leases{};
    /// An earlier term may have given games to shards of which the store says nothing: it may be a copy from before.
    /// While a live game has no owner, each shard gets time to say what it runs: a beat and a reconnect.
    bool unknown_owners = false;
  };
  /// A new term begins: nobody was heard in it yet.
  void begin_term(const Ledger& ledger, const Doubt& doubt, EventId cause);
  void on_links_ready(EventId cause);
  void on_link_lost(EventId cause);
  /// Something came in from the bus: up to now we could hear.
  void on_message() { last_message_ = ports_.clock.now(); }
  /// When the message now being handled came in: the moment to which hearing is proven. Whatever is
  /// noted as heard must carry this time, not a later reading of the clock in the same step: blindness
  /// that begins next counts from here, and seeing time would run backwards past the note.
  [[nodiscard]] MonoTime last_message() const { return last_message_; }
  /// One of our own canaries came back.
  void on_canary(std::uint64_t nonce);
  /// The host let us run late: what lies between was not seen.
  void on_stall(MonoTime since, MonoTime now);
  /// Sends canaries that are due, notices missing ones, leaves WARM_UP. `all_owned`: the live games are known, and each
  /// has an owner. True if a mode was left.
  bool advance(const Ledger& ledger, bool all_owned, MonoTime now);
  [[nodiscard]] std::optional<MonoTime> deadline() const;

  [[nodiscard]] const Modes& modes() const { return modes_; }
  [[nodiscard]] const Sight& sight() const { return sight_; }
  [[nodiscard]] const Canary& canary() const { return canary_; }
  /// So many shards are silent at once that their deaths are not believed yet (HOLD), or no more.
  void hold(std::string_view why);
  void end_hold();
  /// An operator stops everything but hearing and granting (PAUSED), or lets it go on.
  void pause(std::string_view why, EventId cause);
  void resume(EventId cause);
  [[nodiscard]] std::optional<MonoTime> paused_since() const { return paused_since_; }
  /// Whether decisions can be made durable (STORE_OUT).
  void follow_store(bool out, EventId cause);
  /// Whoever is still silent after something that kept many from being heard may be on its way back:
  /// each gets two beats and a reconnect, once per silence.
  void be_patient(MonoTime now);
  /// A canary on its way now, for a decision that needs to know that we can hear.
  std::uint64_t probe();

 private:
  void enter(Mode mode, std::string_view why, EventId cause);
  void leave(Mode mode, EventId cause);
  void go_blind(std::string_view why, EventId cause);
  void look_at_wall_clock(MonoTime now);
  void calm_down(MonoTime now);
  /// Settles what becomes of alerts that an earlier process raised.
  void judge_restored_alerts(MonoTime now);
  /// When everything that still holds will have been noticed: every death that is due was declared.
  [[nodiscard]] MonoTime all_noticed_at() const;
  [[nodiscard]] MonoTime proven_until() const;
  bool leave_warm_up_if_done(const Ledger& ledger, bool all_owned, MonoTime now);
  [[nodiscard]] bool all_known_heard(const Ledger& ledger) const;

  Ports& ports_;
  const OrchestratorSettings& settings_;
  const InstanceId& instance_;
  Fleet& fleet_;
  Voice& voice_;
  Canary canary_;
  Sight sight_;
  Modes modes_;
  std::array<MonoTime, mode_count> entered_{};
  std::array<Flapping, mode_count> flapping_;
  WallClockWatch wall_clock_;
  MonoTime judging_since_{};  ///< the last mode that held verdicts back was left
  bool links_ready_ = false;
  MonoTime last_message_{};
  Duration term_seen_{};  ///< seeing time when the term began
  MonoTime warm_up_min_until_{};
  Duration listening_{};  ///< of seeing time, for owners that the store does not know
  std::optional<MonoTime> paused_since_;  ///< by an operator
  std::optional<MonoTime>
      stalled_until_;  ///< what we knew before our own stall is stale until then
};

}  // namespace arbees
