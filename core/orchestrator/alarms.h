#pragma once

#include <optional>
#include <set>
#include <string>

#include "core/alerts/alert_book.h"
#include "core/alerts/pager.h"
#include "core/ports/ports.h"
#include "core/redis/bus.h"

namespace arbees {

/// Of alerts about the fleet as a whole.
inline constexpr const char* fleet_subject = "fleet";
/// How long news for people may wait for a link.
inline constexpr Duration news_age_max = seconds{300};

/// The orchestrator's alerts: what holds, what people are told of it over Redis, and what of it survives a
/// restart. Everything is recorded as well, so that log and files have it while Redis is away.
class Alarms {
 public:
  Alarms(Ports& ports, redis::Bus& bus, const AlertSettings& settings)
      : ports_(ports), bus_(bus), settings_(settings), pager_("redis", settings) {}

  void raise(const std::string& type, const std::string& subject, const std::string& text,
             EventId cause);
  void resolve(const std::string& type, const std::string& subject, EventId cause);
  void notice(const std::string& type, const std::string& subject, const std::string& text,
              EventId cause);
  /// An operator takes an open alert in hand. False if there is none, or somebody has it already.
  bool acknowledge(const std::string& type, const std::string& subject, const std::string& who,
                   EventId cause);

  void advance(MonoTime now);
  [[nodiscard]] std::optional<MonoTime> deadline() const;

  /// Takes over what the store remembers: nobody is told of it again.
  void restore(const StoreImage& image, EventId cause);
  /// Whether alerts of an earlier process wait to be noticed again, or given up.
  [[nodiscard]] bool any_restored() const { return book_.any_restored(); }
  /// From now on this process knows enough to say that something is over.
  void learned() { book_.learned(ports_.clock.now()); }
  void give_up_restored();

  // For whoever commits: what changed since the last call, and how it is now.
  [[nodiscard]] std::set<AlertKey> take_unsaved() { return book_.take_unsaved(); }
  void write(const std::set<AlertKey>& keys, StoreBatch& batch) const {
    book_.write(keys, ports_.clock.now(), batch);
  }

  [[nodiscard]] const AlertBook& book() const { return book_; }

 private:
  void take(const AlertChanges& changes);
  void tell_people();
  void send(const Page& page);
  void say_alive(MonoTime now);
  void publish(std::string_view channel, std::string payload, EventId cause);

  Ports& ports_;
  redis::Bus& bus_;
  AlertSettings settings_;
  AlertBook book_;
  Pager pager_;
  std::optional<MonoTime> alive_due_;  ///< none: nothing was said yet
};

}  // namespace arbees
