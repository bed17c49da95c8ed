#include "core/wire/notification.h"

#include <algorithm>

#include "core/wire/json_writer.h"
#include "core/wire/timestamp.h"

namespace arbees::wire {
namespace {

/// The consumer takes the first 8 bytes of the process id without looking at its length.
constexpr std::size_t process_id_length_min = 8;

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

}  // namespace

std::string service_restarted(const Subject& subject, const std::string& process_id,
                              const std::string& old_started_at, const std::string& new_started_at,
                              WallTime now) {
  std::string padded = process_id;
  padded.append(padded.size() < process_id_length_min ? process_id_length_min - padded.size() : 0,
                '-');
  return about("service_restarted", subject)
      .member("process_id", padded)
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
                                   std::uint64_t failure_count, WallTime now) {
  return about("circuit_breaker_opened", subject)
      .member("reason", reason)
      .member("failure_count", failure_count)
      .member("timestamp", to_rfc3339(now))
      .finish();
}

std::string circuit_breaker_closed(const Subject& subject, Duration was_open_for, WallTime now) {
  return about("circuit_breaker_closed", subject)
      .member("was_open_for_secs", count_of(was_open_for, seconds{1}))
      .member("timestamp", to_rfc3339(now))
      .finish();
}

std::string critical_alert(const std::string& alert_type, const std::string& context, bool resolved,
                           WallTime now) {
  return JsonWriter{}
      .member("type", "critical_alert")
      .member("alert_type", alert_type)
      .member("context", context)
      .member("state", resolved ? "resolved" : "firing")
      .member("timestamp", to_rfc3339(now))
      .finish();
}

std::string operator_error(const std::string& message, WallTime now) {
  JsonWriter json;
  json.member("type", "error").member("priority", "CRITICAL");
  json.begin_object("data")
      .member("service", "orchestrator")
      .member("message", message)
      .end_object();
  return json.member("ts", to_rfc3339(now)).finish();
}

}  // namespace arbees::wire
