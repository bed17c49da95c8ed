#include "core/alerts/pager.h"

#include <algorithm>
#include <utility>

#include "core/base/assert.h"

namespace arbees {
namespace {

/// Whether what is said of `part` is said of something that belongs to `whole`: "shard-1/g7" to "shard-1".
bool belongs_to(std::string_view part, std::string_view whole) {
  return part.starts_with(whole) && (part.size() == whole.size() || part[whole.size()] == '/');
}

/// The type of an open alert from which this one follows.
std::optional<std::string_view> hidden_by(const AlertBook& book, const std::string& type,
                                          const std::string& subject) {
  for (const Inhibition& row : inhibitions()) {
    if (row.hidden != type) {
      continue;
    }
    const std::string cause(row.cause);
    for (auto at = book.alerts().lower_bound({cause, ""});
         at != book.alerts().end() && at->first.type == cause; ++at) {
      if (at->second.open() && (!row.same_subject || belongs_to(subject, at->first.subject))) {
        return row.cause;
      }
    }
  }
  return std::nullopt;
}

void sooner(std::optional<MonoTime>& due, MonoTime moment) {
  due = due ? std::min(*due, moment) : moment;
}

}  // namespace

void Pager::follow(const AlertChange& change, EventId id, MonoTime now) {
  if (const auto* raised = std::get_if<AlertRaised>(&change.event)) {
    on_raised(*raised, id, now);
  } else if (const auto* resolved = std::get_if<AlertResolved>(&change.event)) {
    on_resolved(*resolved, id, now);
  } else if (const auto* restored = std::get_if<AlertRestored>(&change.event)) {
    forget(restored->type, restored->subject);
    told_.insert({restored->type, restored->subject});
  } else if (const auto* acknowledged = std::get_if<AlertAcknowledged>(&change.event)) {
    forget(acknowledged->type, acknowledged->subject);  // Somebody knows without being told.
  }
}

void Pager::on_raised(const AlertRaised& raised, EventId id, MonoTime now) {
  const AlertSpec& spec = alert_spec(raised.type);
  Group& group = groups_[raised.type];
  group.begun[raised.subject] = {.event = id};
  sooner(group.begun_due, now + spec.gather);
}

void Pager::on_resolved(const AlertResolved& resolved, EventId id, MonoTime now) {
  forget(resolved.type, resolved.subject);
  if (told_.erase({resolved.type, resolved.subject}) > 0) {
    Group& group = groups_[resolved.type];
    group.ended[resolved.subject] = {.lasted = resolved.lasted, .event = id};
    sooner(group.ended_due, now + alert_spec(resolved.type).gather);
  }
  for (const Inhibition& row : inhibitions()) {
    const auto hidden = groups_.find(std::string(row.hidden));
    if (row.cause == resolved.type && hidden != groups_.end() && !hidden->second.begun.empty()) {
      // What outlasts its cause is told, unless it ends in the next moment as well.
      sooner(hidden->second.begun_due, now + alert_spec(row.hidden).gather);
    }
  }
}

void Pager::forget(const std::string& type, const std::string& subject) {
  if (const auto group = groups_.find(type); group != groups_.end()) {
    group->second.begun.erase(subject);
    if (group->second.begun.empty()) {
      group->second.begun_due.reset();
    }
  }
}

Pages Pager::take_due(const AlertBook& book, MonoTime now) {
  Pages pages;
  for (auto next = groups_.begin(); next != groups_.end();) {
    const auto entry = next++;
    Group& group = entry->second;
    const bool begun = group.begun_due && *group.begun_due <= now;
    // An end is told before a new beginning of the same alert.
    if (group.ended_due && (begun || *group.ended_due <= now)) {
      tell_ended(entry->first, group, pages);
    }
    if (begun) {
      tell_begun(entry->first, group, book, now, pages);
    }
    if (group.begun.empty() && group.ended.empty()) {
      groups_.erase(entry);
    }
  }
  return pages;
}

void Pager::tell_begun(const std::string& type, Group& group, const AlertBook& book, MonoTime now,
                       Pages& pages) {
  group.begun_due.reset();
  std::vector<std::string> subjects;
  for (auto& [subject, beginning] : group.begun) {
    const Alert* alert = book.find({type, subject});
    ensure(alert != nullptr && alert->open(), "what waits to be told is open");
    if (const auto cause = hidden_by(book, type, subject)) {
      if (!std::exchange(beginning.hidden, true)) {
        pages.inhibited.push_back({type, subject, std::string(*cause)});
      }
    } else if (alert->state == Alert::State::subsiding && !alert->momentary) {
      sooner(group.begun_due, alert->until);  // Over already: worth a word only if it comes back.
    } else {
      subjects.push_back(subject);
    }
  }
  if (subjects.empty() || alert_spec(type).level == AlertLevel::info) {
    return;
  }
  if (bucket_.take(now)) {
    pages.pages.push_back(page_of(type, group, book, std::move(subjects)));
    return;
  }
  sooner(group.begun_due, bucket_.next(now));
  std::uint64_t newly = 0;
  for (const std::string& subject : subjects) {
    std::optional<std::uint64_t>& before = group.begun.at(subject).held_before;
    newly += before ? 0 : 1;
    before = before.value_or(messages_);
  }
  held_back_ += newly;
  if (newly > 0) {
    pages.held_back.push_back({sink_, type, newly});
  }
}

Page Pager::page_of(const std::string& type, Group& group, const AlertBook& book,
                    std::vector<std::string> subjects) {
  Page page;
  page.spec = &alert_spec(type);
  page.text = book.find({type, subjects.front()})->text;
  page.cause = group.begun.at(subjects.front()).event;
  for (const std::string& subject : subjects) {
    held_back_ -= group.begun.at(subject).held_before == messages_ ? 1 : 0;
    group.begun.erase(subject);
    told_.insert({type, subject});
  }
  page.held_back = std::exchange(held_back_, 0);
  ++messages_;
  page.subjects = std::move(subjects);
  return page;
}

void Pager::tell_ended(const std::string& type, Group& group, Pages& pages) {
  Page page;
  page.spec = &alert_spec(type);
  page.resolved = true;
  page.cause = group.ended.begin()->second.event;
  for (const auto& [subject, ending] : group.ended) {
    page.subjects.push_back(subject);
    page.lasted = std::max(page.lasted, ending.lasted);
  }
  group.ended.clear();
  group.ended_due.reset();
  pages.pages.push_back(std::move(page));
}

std::optional<MonoTime> Pager::deadline() const {
  std::optional<MonoTime> first;
  for (const auto& [type, group] : groups_) {
    for (const auto& due : {group.begun_due, group.ended_due}) {
      if (due) {
        sooner(first, *due);
      }
    }
  }
  return first;
}

}  // namespace arbees
