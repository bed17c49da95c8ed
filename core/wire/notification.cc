#include "core/wire/notification.h"

#include <algorithm>

#include "core/wire/json_writer.h"
#include "core/wire/timestamp.h"

namespace arbees::wire {
namespace {

/// The consumer takes the first 8 bytes of the process id without looking at its length, and ends with an
/// error if there are fewer, or if the eighth is in the middle of a character.
std::string sliceable(const std::string& process_id) {
  constexpr std::size_t shown = 8;
  if (process_id.empty()) {
    return "unstated";
  }
  std::string safe = process_id;
  std::ranges::replace_if(safe, [](char byte) { return byte < ' ' || byte > '~'; }, '?');
  safe.append(safe.size() < shown ? shown - safe.size() : 0, '-');
  return safe;
}

JsonWriter about(std::string_view type, const Subject& subject) {
  JsonWriter json;
  json.member("type", type)
      .member("service", subject.service_type)
      .member("service_type", subject.service_type)
      .member("instance_id", subject.instance_id);
  return json;
}

std::uint64_t count_of(Duration duration, Duration unit) {
  return static_cast<std::uint64_t>(duration / unit);
}

std::vector<std::string> split(const std::string& comma_separated) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (begin <= comma_separated.size()) {
    const std::size_t end = std::min(comma_separated.find(',', begin), comma_separated.size());
    if (end > begin) {
      parts.push_back(comma_separated.substr(begin, end - begin));
    }
    begin = end + 1;
  }
  return parts;
}

void write_list(JsonWriter& json, std::string_view key, const std::vector<std::string>& values) {
  json.begin_array(key);
  for (const std::string& value : values) {
    json.element(std::string_view(value));
  }
  json.end_array();
}

/// As many subjects as a person reads; how many more there are is said.
constexpr std::size_t subjects_shown = 20;

std::string joined(const std::vector<std::string>& subjects) {
  std::string text;
  for (std::size_t i = 0; i < std::min(subjects.size(), subjects_shown); ++i) {
    text += text.empty() ? subjects[i] : ", " + subjects[i];
  }
  if (subjects.size() > subjects_shown) {
    text += " and " + std::to_string(subjects.size() - subjects_shown) + " more";
  }
  return text;
}

/// One line for the phone: what, who, how it is, what to do.
std::string line_of(const AlertNotice& notice) {
  std::string line = notice.alert + ' ' + joined(notice.subjects);
  if (notice.resolved) {
    return line + ": over after " + std::to_string(count_of(notice.lasted, seconds{1})) + " s";
  }
  line += ": " + notice.text;
  if (notice.subjects.size() > 1) {
    line += " (" + std::to_string(notice.subjects.size()) + " like this)";
  }
  line += "; " + notice.todo + " (" + notice.runbook + ")";
  if (notice.held_back > 0) {
    line += "; " + std::to_string(notice.held_back) + " alerts before it were held back";
  }
  return line;
}

}  // namespace

std::string service_restarted(const Subject& subject, const std::string& process_id,
                              const std::string& old_started_at, const std::string& new_started_at,
                              WallTime now) {
  return about("service_restarted", subject)
      .member("process_id", sliceable(process_id))
      .member("old_started_at", old_started_at)
      .member("new_started_at", new_started_at)
      .member("timestamp", to_rfc3339(now))
      .finish();
}

std::string service_dead(const Subject& subject, WallTime last_heartbeat,
                         const std::vector<GameId>& games, WallTime now) {
  JsonWriter json = about("service_dead", subject);
  json.member("last_heartbeat", to_rfc3339(last_heartbeat)).begin_array("assigned_games");
  for (const GameId& game : games) {
    json.element(game.str());
  }
  return json.end_array().member("timestamp", to_rfc3339(now)).finish();
}

std::string service_recovered(const Subject& subject, Duration was_degraded_for, WallTime now) {
  return about("service_recovered", subject)
      .member("was_degraded_for_secs", count_of(was_degraded_for, seconds{1}))
      .member("timestamp", to_rfc3339(now))
      .finish();
}

std::string service_degraded(const Subject& subject, const std::string& failed_checks,
                             bool critical, WallTime now) {
  JsonWriter json = about("service_degraded", subject);
  const std::vector<std::string> checks = split(failed_checks);
  write_list(json, "failed_checks", checks);
  write_list(json, "failing_checks", checks);
  return json.member("severity", critical ? "Critical" : "Warning")
      .member("timestamp", to_rfc3339(now))
      .finish();
}

std::string service_resync_complete(const Subject& subject, std::uint64_t games_resent,
                                    Duration took, WallTime now) {
  return about("service_resync_complete", subject)
      .member("games_resent", games_resent)
      .member("games_resynced", games_resent)
      .member("duration_ms", count_of(took, milliseconds{1}))
      .member("timestamp", to_rfc3339(now))
      .finish();
}

std::string circuit_breaker_opened(const Subject& subject, const std::string& reason,
                                   std::uint64_t failures, WallTime now) {
  return about("circuit_breaker_opened", subject)
      .member("reason", reason)
      .member("failure_count", failures)
      .member("timestamp", to_rfc3339(now))
      .finish();
}

std::string circuit_breaker_closed(const Subject& subject, Duration was_open_for, WallTime now) {
  return about("circuit_breaker_closed", subject)
      .member("was_open_for_secs", count_of(was_open_for, seconds{1}))
      .member("timestamp", to_rfc3339(now))
      .finish();
}

std::string critical_alert(const AlertNotice& notice, WallTime now) {
  JsonWriter json;
  json.member("type", "critical_alert")
      .member("alert_type", notice.alert_type)
      .member("context", joined(notice.subjects))
      .member("state", notice.resolved ? "resolved" : "firing")
      .member("alert", notice.alert)
      .member("severity", notice.severity)
      .member("subject_count", notice.subjects.size());
  if (notice.resolved) {
    json.member("lasted_secs", count_of(notice.lasted, seconds{1}));
  } else {
    json.member("text", notice.text).member("todo", notice.todo).member("runbook", notice.runbook);
  }
  if (notice.held_back > 0) {
    json.member("held_back", notice.held_back);
  }
  return json.member("timestamp", to_rfc3339(now)).finish();
}

std::string operator_message(const AlertNotice& notice, WallTime now) {
  const std::string priority = notice.resolved                 ? "INFO"
                               : notice.severity == "critical" ? "CRITICAL"
                                                               : "WARNING";
  JsonWriter json;
  json.member("type", "error").member("priority", priority);
  json.begin_object("data")
      .member("service", "orchestrator")
      .member("message", line_of(notice))
      .end_object();
  return json.member("ts", to_rfc3339(now)).finish();
}

std::string alerting_alive(std::uint64_t open, WallTime now) {
  return JsonWriter{}
      .member("type", "watchdog")
      .member("alert_type", "WATCHDOG")
      .member("state", "alive")
      .member("open_alerts", open)
      .member("timestamp", to_rfc3339(now))
      .finish();
}

}  // namespace arbees::wire
