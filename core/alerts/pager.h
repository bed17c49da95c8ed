#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/alerts/alert_book.h"
#include "core/alerts/settings.h"
#include "core/alerts/token_bucket.h"

namespace arbees {

/// One message for people: all alerts of one type that began, or ended, together.
struct Page {
  const AlertSpec* spec = nullptr;
  bool resolved = false;
  std::vector<std::string> subjects;  ///< in order, at least one
  std::string text;                   ///< of the first of them; empty when resolved
  Duration lasted{};                  ///< resolved: the longest
  std::uint64_t held_back = 0;        ///< alerts this sink did not get since its last message
  EventId cause;
};

/// What follows for people from what happened to alerts.
struct Pages {
  std::vector<Page> pages;
  std::vector<AlertInhibited> inhibited;
  std::vector<AlertHeldBack> held_back;
};

/// Decides what one sink (a place where people read of alerts) is told, and when.
///
/// - Alerts of one type that begin within its `gather` are one message: ten dead shards are one page.
/// - One that follows from another open alert is not told while that one is open (catalogue,
///   `inhibitions`); if it outlasts it, it is told then.
/// - A token bucket bounds the messages about beginnings. What is held back is counted, and told as soon
///   as there is a token, if it is still so. A limit per type alone would hide the failure of a second
///   shard behind that of the first.
/// - Each end is told if and only if its beginning was, and without limit: somebody waits for it.
class Pager {
 public:
  Pager(std::string sink, const AlertSettings& settings)
      : sink_(std::move(sink)), bucket_(settings.burst, settings.rate_period) {}

  [[nodiscard]] const std::string& sink() const { return sink_; }

  /// Something happened to an alert; `id` is the event that recorded it.
  void follow(const AlertChange& change, EventId id, MonoTime now);
  /// What is to be told now; marks it as told.
  [[nodiscard]] Pages take_due(const AlertBook& book, MonoTime now);
  [[nodiscard]] std::optional<MonoTime> deadline() const;

 private:
  struct Beginning {
    EventId event;
    bool hidden = false;
    std::optional<std::uint64_t> held_before =
        {};  ///< the message before which it was first held back
  };
  struct Ending {
    Duration lasted;
    EventId event;
  };
  /// All of one type that wait to be told.
  struct Group {
    std::map<std::string, Beginning> begun;
    std::map<std::string, Ending> ended;
    std::optional<MonoTime> begun_due;  ///< none: all that began wait for what hides them
    std::optional<MonoTime> ended_due;
  };

  void on_raised(const AlertRaised& raised, EventId id, MonoTime now);
  void on_resolved(const AlertResolved& resolved, EventId id, MonoTime now);
  void forget(const std::string& type, const std::string& subject);
  void tell_begun(const std::string& type, Group& group, const AlertBook& book, MonoTime now,
                  Pages& pages);
  static void tell_ended(const std::string& type, Group& group, Pages& pages);
  [[nodiscard]] Page page_of(const std::string& type, Group& group, const AlertBook& book,
                             std::vector<std::string> subjects);

  std::string sink_;
  TokenBucket bucket_;
  std::map<std::string, Group> groups_;  ///< by type
  std::set<AlertKey> told_;
  std::uint64_t messages_ = 0;   ///< about beginnings, so far
  std::uint64_t held_back_ = 0;  ///< since the last of them
};

}  // namespace arbees
