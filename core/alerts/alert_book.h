#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/alerts/events.h"
#include "core/base/time.h"
#include "core/ports/event_sink.h"
#include "core/ports/store.h"

namespace arbees {

/// What makes an alert the same alert: there is at most one open of each.
struct AlertKey {
  std::string type;
  std::string subject;

  friend auto operator<=>(const AlertKey&, const AlertKey&) = default;
};

/// Something that happened to an alert: the event to record, and what led to it.
struct AlertChange {
  std::variant<AlertPending, AlertPassed, AlertRaised, AlertUpdated, AlertAcknowledged,
               AlertResolved, AlertRestored>
      event;
  EventId cause;
};

using AlertChanges = std::vector<AlertChange>;

/// One alert that is known of.
struct Alert {
  enum class State : std::uint8_t {
    pending,   ///< the condition holds, not for long enough yet
    firing,    ///< raised, and the condition holds
    subsiding  ///< raised; the condition has ended, it may come back
  };

  const AlertSpec* spec = nullptr;
  State state = State::pending;
  std::string text;
  std::string acknowledged_by;  ///< empty: nobody has it in hand
  MonoTime since{};             ///< when the condition began to hold
  MonoTime until{};             ///< pending: raised then; subsiding: over then
  EventId cause;
  bool momentary = false;  ///< it was noticed in one moment and subsides from then on
  bool told = false;       ///< people know of it, so they must learn of its end

  [[nodiscard]] bool open() const { return state != State::pending; }
};

/// Which alerts there are. Every type is one of the catalogue.
///
///   pending --wait--> firing <----> subsiding --keep--> over
///      └─ends: passed    └ acknowledged, if somebody says so
///
/// Conditions are told to it as often as one likes: what is open already is not raised again, a text that
/// changed is an update. Nothing here reaches people: that is the pager's.
class AlertBook {
 public:
  /// Longer texts are cut: one that lists every game of a fleet would be refused as a message.
  static constexpr std::size_t text_max = 2'000;

  /// The condition holds.
  AlertChanges raise(const std::string& type, const std::string& subject, const std::string& text,
                     EventId cause, MonoTime now);
  /// The condition does not hold (any more).
  AlertChanges resolve(const std::string& type, const std::string& subject, EventId cause,
                       MonoTime now);
  /// Something was seen that has no end of its own: over once it was not seen for the type's `keep`.
  AlertChanges notice(const std::string& type, const std::string& subject, const std::string& text,
                      EventId cause, MonoTime now);
  /// Somebody takes an open alert in hand; nothing if there is none, or somebody has it already.
  AlertChanges acknowledge(const std::string& type, const std::string& subject,
                           const std::string& who, EventId cause);
  /// What the passing of time brings.
  AlertChanges advance(MonoTime now);
  [[nodiscard]] std::optional<MonoTime> deadline() const {
    return due_.empty() ? std::nullopt : std::optional(due_.begin()->first);
  }

  /// Takes over what an earlier process had told people of. Raising it again makes it this process's.
  /// Until `learned` nothing of it ends: a process that does not know the fleet yet has no reason to
  /// raise, which is no reason to resolve (people would be told of an end, and then again of a beginning).
  AlertChanges restore(const std::vector<AlertRow>& rows, EventId cause, MonoTime now);
  void learned(MonoTime now);
  /// Everything that still holds must have been noticed by now: what was not is over.
  AlertChanges give_up_restored(EventId cause, MonoTime now);
  [[nodiscard]] bool any_restored() const { return !restored_.empty(); }

  [[nodiscard]] const std::map<AlertKey, Alert>& alerts() const { return alerts_; }
  [[nodiscard]] const Alert* find(const AlertKey& key) const;
  void mark_told(const AlertKey& key);

  /// What the store must be told since the last call: exactly what people were told, or said themselves,
  /// survives a restart. An alert that was not told is raised again by its condition.
  [[nodiscard]] std::set<AlertKey> take_unsaved() { return std::exchange(unsaved_, {}); }
  /// Adds to `batch` what is so now of `keys`.
  void write(const std::set<AlertKey>& keys, MonoTime now, StoreBatch& batch) const;

 private:
  using Alerts = std::map<AlertKey, Alert>;

  /// Firing: no time is waited for.
  void fire(const AlertKey& key, Alert& alert);
  void wait_in(Alert::State state, const AlertKey& key, Alert& alert, MonoTime until);
  void end(Alerts::iterator alert, EventId cause, MonoTime now, AlertChanges& changes);
  void save_if_kept(const AlertKey& key, const Alert& alert);

  Alerts alerts_;
  std::set<std::pair<MonoTime, AlertKey>> due_;  ///< those pending or subsiding, by `until`
  std::set<AlertKey> restored_;  ///< of an earlier process, and not noticed by this one yet
  std::set<AlertKey> doubted_;   ///< those of them that were resolved before `learned`
  bool learning_ = false;
  std::set<AlertKey> unsaved_;
};

/// Records what happened.
EventId record(EventSink& events, const AlertChange& change);

/// `text` with at most `longest` bytes, cut between characters.
[[nodiscard]] std::string shortened(const std::string& text, std::size_t longest);

}  // namespace arbees
