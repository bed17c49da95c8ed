#include "core/orchestrator/alarms.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/wire/channels.h"
#include "core/wire/notification.h"

namespace arbees {
namespace {

/// The pace of WATCHDOG. Whoever listens for it should give it three of them.
constexpr Duration alive_period = seconds{60};

}  // namespace

void Alarms::raise(const std::string& type, const std::string& subject, const std::string& text,
                   EventId cause) {
  take(book_.raise(type, subject, text, cause, ports_.clock.now()));
}

void Alarms::resolve(const std::string& type, const std::string& subject, EventId cause) {
  take(book_.resolve(type, subject, cause, ports_.clock.now()));
}

void Alarms::notice(const std::string& type, const std::string& subject, const std::string& text,
                    EventId cause) {
  take(book_.notice(type, subject, text, cause, ports_.clock.now()));
}

bool Alarms::acknowledge(const std::string& type, const std::string& subject,
                         const std::string& who, EventId cause) {
  const AlertChanges changes = book_.acknowledge(type, subject, who, cause);
  take(changes);
  return !changes.empty();
}

void Alarms::advance(MonoTime now) {
  take(book_.advance(now));
  tell_people();
  say_alive(now);
}

std::optional<MonoTime> Alarms::deadline() const {
  std::optional<MonoTime> first = alive_due_;
  for (const auto& due : {book_.deadline(), pager_.deadline()}) {
    if (due && (!first || *due < *first)) {
      first = due;
    }
  }
  return first;
}

void Alarms::restore(const StoreImage& image, EventId cause) {
  std::vector<AlertRow> rows;
  for (const auto& [key, row] : image.alerts) {
    rows.push_back(row);
  }
  take(book_.restore(rows, cause, ports_.clock.now()));
}

void Alarms::give_up_restored() { take(book_.give_up_restored(EventId{}, ports_.clock.now())); }

void Alarms::take(const AlertChanges& changes) {
  for (const AlertChange& change : changes) {
    const EventId id = record(ports_.events, change);
    if (settings_.publish) {
      pager_.follow(change, id, ports_.clock.now());
    }
  }
  if (!changes.empty()) {
    tell_people();
  }
}

void Alarms::tell_people() {
  const Pages pages = pager_.take_due(book_, ports_.clock.now());
  for (const AlertInhibited& inhibited : pages.inhibited) {
    ports_.events.record(inhibited, EventId{});
  }
  for (const AlertHeldBack& held_back : pages.held_back) {
    ports_.events.record(held_back, EventId{});
  }
  for (const Page& page : pages.pages) {
    send(page);
  }
}

void Alarms::send(const Page& page) {
  const std::string type(page.spec->type);
  if (!page.resolved) {
    for (const std::string& subject : page.subjects) {
      book_.mark_told({type, subject});
    }
  }
  const EventId notified =
      ports_.events.record(AlertNotified{pager_.sink(), type, page.resolved ? "resolved" : "firing",
                                         page.subjects, page.held_back},
                           page.cause);
  const wire::AlertNotice notice{type,
                                 std::string(existing_name(type)),
                                 std::string(to_string(page.spec->level)),
                                 page.resolved,
                                 page.subjects,
                                 page.text,
                                 page.resolved ? "" : std::string(page.spec->todo),
                                 page.resolved ? "" : runbook(type),
                                 page.lasted,
                                 page.held_back};
  const WallTime now = ports_.clock.wall_now();
  if (page.spec->level == AlertLevel::critical) {
    publish(wire::critical_alerts_channel, wire::critical_alert(notice, now), notified);
  }
  publish(wire::operator_events_channel, wire::operator_message(notice, now), notified);
}

void Alarms::say_alive(MonoTime now) {
  if (alive_due_ && now < *alive_due_) {
    return;
  }
  alive_due_ = now + alive_period;
  const auto open = static_cast<std::uint64_t>(
      std::ranges::count_if(book_.alerts(), [](const auto& entry) { return entry.second.open(); }));
  const EventId alive = ports_.events.record(AlertingAlive{open}, EventId{});
  if (settings_.publish) {
    publish(wire::critical_alerts_channel, wire::alerting_alive(open, ports_.clock.wall_now()),
            alive);
  }
}

void Alarms::publish(std::string_view channel, std::string payload, EventId cause) {
  bus_.publish({std::string(channel), std::move(payload), news_age_max, {}}, cause);
}

}  // namespace arbees
