#include "core/alerts/alert_book.h"

#include <algorithm>

#include "core/base/assert.h"

namespace arbees {
namespace {

constexpr std::string_view told_as_firing = "firing";
constexpr std::string_view told_as_acknowledged = "acknowledged";

/// From the end of learning, so long what was resolved meanwhile may be raised.
constexpr Duration doubt = seconds{1};

/// What survives a restart: what people know, or said themselves.
bool kept(const Alert& alert) { return alert.told || !alert.acknowledged_by.empty(); }

}  // namespace

AlertChanges AlertBook::raise(const std::string& type, const std::string& subject,
                              const std::string& text, EventId cause, MonoTime now) {
  const AlertSpec& spec = alert_spec(type);
  const AlertKey key{type, subject};
  const std::string said = shortened(text, text_max);
  const auto [found, is_new] = alerts_.try_emplace(key);
  Alert& alert = found->second;
  restored_.erase(key);
  doubted_.erase(key);
  if (is_new) {
    alert.spec = &spec;
    alert.text = said;
    alert.since = now;
    alert.cause = cause;
    if (spec.wait > Duration{0}) {
      wait_in(Alert::State::pending, key, alert, now + spec.wait);
      return {{AlertPending{type, subject, said, spec.wait}, cause}};
    }
    fire(key, alert);
    return {{AlertRaised{type, subject, said, spec.level}, cause}};
  }
  if (alert.state == Alert::State::subsiding) {
    fire(key, alert);
  }
  if (alert.text == said) {
    return {};
  }
  alert.text = said;
  if (!alert.open()) {
    return {};
  }
  save_if_kept(key, alert);
  return {{AlertUpdated{type, subject, said}, cause}};
}

AlertChanges AlertBook::resolve(const std::string& type, const std::string& subject, EventId cause,
                                MonoTime now) {
  const AlertSpec& spec = alert_spec(type);
  const auto found = alerts_.find({type, subject});
  if (found == alerts_.end()) {
    return {};
  }
  AlertChanges changes;
  Alert& alert = found->second;
  if (learning_ && restored_.contains(found->first)) {
    doubted_.insert(found->first);
    return {};
  }
  restored_.erase(found->first);
  if (!alert.open() || spec.keep == Duration{0}) {
    end(found, cause, now, changes);
  } else if (alert.state == Alert::State::firing) {
    alert.cause = cause;
    wait_in(Alert::State::subsiding, found->first, alert, now + spec.keep);
  }
  return changes;
}

AlertChanges AlertBook::notice(const std::string& type, const std::string& subject,
                               const std::string& text, EventId cause, MonoTime now) {
  ensure(alert_spec(type).wait == Duration{0} && alert_spec(type).keep > Duration{0},
         "what is noticed in one moment has an end by its type alone");
  AlertChanges changes = raise(type, subject, text, cause, now);
  alerts_.at({type, subject}).momentary = true;
  resolve(type, subject, cause, now);
  return changes;
}

AlertChanges AlertBook::acknowledge(const std::string& type, const std::string& subject,
                                    const std::string& who, EventId cause) {
  const auto found = alerts_.find({type, subject});
  if (found == alerts_.end() || !found->second.open() || !found->second.acknowledged_by.empty()) {
    return {};
  }
  ensure(!who.empty(), "somebody acknowledges");
  found->second.acknowledged_by = who;
  save_if_kept(found->first, found->second);
  return {{AlertAcknowledged{type, subject, who}, cause}};
}

AlertChanges AlertBook::advance(MonoTime now) {
  AlertChanges changes;
  while (!due_.empty() && due_.begin()->first <= now) {
    const auto found = alerts_.find(due_.begin()->second);
    ensure(found != alerts_.end(), "only alerts that are there wait for something");
    Alert& alert = found->second;
    if (alert.state == Alert::State::subsiding) {
      end(found, alert.cause, now, changes);
      continue;
    }
    fire(found->first, alert);
    changes.push_back(
        {AlertRaised{found->first.type, found->first.subject, alert.text, alert.spec->level},
         alert.cause});
  }
  return changes;
}

AlertChanges AlertBook::restore(const std::vector<AlertRow>& rows, EventId cause, MonoTime now) {
  AlertChanges changes;
  learning_ = !rows.empty();
  for (const AlertRow& row : rows) {
    const AlertKey key{row.type, row.subject};
    const AlertSpec* spec = find_alert(row.type);
    if (spec == nullptr) {
      unsaved_.insert(key);  // A type that this version does not have: nobody could end it.
      continue;
    }
    const auto [found, is_new] = alerts_.try_emplace(key);
    Alert& alert = found->second;
    alert.spec = spec;
    alert.acknowledged_by = row.acknowledged_by;
    alert.since = now - row.age;
    alert.told = true;
    if (is_new) {
      alert.text = row.text;
      alert.cause = cause;
      restored_.insert(key);
    }
    if (is_new || !alert.open()) {
      fire(key, alert);
    }
    changes.push_back({AlertRestored{row.type, row.subject, row.acknowledged_by, row.age}, cause});
  }
  return changes;
}

void AlertBook::learned(MonoTime now) {
  learning_ = false;
  for (const AlertKey& key : std::exchange(doubted_, {})) {
    Alert& alert = alerts_.at(key);
    restored_.erase(key);
    wait_in(Alert::State::subsiding, key, alert, now + std::max(alert.spec->keep, doubt));
  }
}

AlertChanges AlertBook::give_up_restored(EventId cause, MonoTime now) {
  AlertChanges changes;
  learned(now);
  while (!restored_.empty()) {
    const auto found = alerts_.find(*restored_.begin());
    ensure(found != alerts_.end(), "a restored alert is there until it ends");
    end(found, cause, now, changes);
  }
  return changes;
}

const Alert* AlertBook::find(const AlertKey& key) const {
  const auto found = alerts_.find(key);
  return found == alerts_.end() ? nullptr : &found->second;
}

void AlertBook::mark_told(const AlertKey& key) {
  const auto found = alerts_.find(key);
  ensure(found != alerts_.end() && found->second.open(), "people are told of open alerts");
  if (!std::exchange(found->second.told, true)) {
    save_if_kept(key, found->second);
  }
}

void AlertBook::write(const std::set<AlertKey>& keys, MonoTime now, StoreBatch& batch) const {
  for (const AlertKey& key : keys) {
    const Alert* alert = find(key);
    if (alert == nullptr || !kept(*alert)) {
      batch.drop_alerts.emplace_back(key.type, key.subject);
      continue;
    }
    const bool in_hand = !alert->acknowledged_by.empty();
    batch.put_alerts.push_back({key.type, key.subject, alert->text,
                                std::string(in_hand ? told_as_acknowledged : told_as_firing),
                                alert->acknowledged_by, now - alert->since});
  }
}

void AlertBook::fire(const AlertKey& key, Alert& alert) {
  due_.erase({alert.until, key});
  alert.state = Alert::State::firing;
}

void AlertBook::wait_in(Alert::State state, const AlertKey& key, Alert& alert, MonoTime until) {
  due_.erase({alert.until, key});
  alert.state = state;
  alert.until = until;
  due_.emplace(until, key);
}

void AlertBook::end(Alerts::iterator alert, EventId cause, MonoTime now, AlertChanges& changes) {
  const AlertKey key = alert->first;
  const Alert& ended = alert->second;
  const Duration lasted = now - ended.since;
  due_.erase({ended.until, key});
  if (ended.open()) {
    save_if_kept(key, ended);
    const bool confirmed = restored_.erase(key) == 0;
    changes.push_back({AlertResolved{key.type, key.subject, lasted, confirmed}, cause});
  } else {
    changes.push_back({AlertPassed{key.type, key.subject, lasted}, cause});
  }
  alerts_.erase(alert);
}

void AlertBook::save_if_kept(const AlertKey& key, const Alert& alert) {
  if (kept(alert)) {
    unsaved_.insert(key);
  }
}

EventId record(EventSink& events, const AlertChange& change) {
  return std::visit([&](const auto& event) { return events.record(event, change.cause); },
                    change.event);
}

std::string shortened(const std::string& text, std::size_t longest) {
  constexpr std::string_view more = " …";
  if (text.size() <= longest) {
    return text;
  }
  std::size_t end = longest - more.size();
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
    --end;
  }
  return text.substr(0, end) + std::string(more);
}

}  // namespace arbees
