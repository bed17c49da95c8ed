#include "core/settings/setting_rows.h"

namespace arbees::settings {
namespace {

using OfOrchestrator = OrchestratorSettings;

void append_death_rows(std::vector<Row<OfOrchestrator>>& rows) {
  rows.push_back(seconds_row<OfOrchestrator>(
      "SHARD_TIMEOUT_SECS", &OfOrchestrator::shard_timeout, {tenth, day},
      "Silence after which a shard is dead, counted while it could be heard"));
  rows.push_back(unused_row<OfOrchestrator>(
      "HEALTH_CHECK_INTERVAL_SECS", "unused",
      "Accepted and not used: a death is noticed by a timer at its moment; "
      "see DEATH_CHECK_GRID_SECS"));
  Row<OfOrchestrator> grid = seconds_row<OfOrchestrator>(
      "DEATH_CHECK_GRID_SECS", &OfOrchestrator::death_check_grid, {tenth, hour, true},
      "Deaths are noticed on multiples of it; 0: at their moment");
  grid.weakness = [](const OfOrchestrator& s) -> std::optional<std::string> {
    if (s.death_check_grid == Duration{}) {
      return std::nullopt;
    }
    return "deaths are noticed up to " + decimal_text(s.death_check_grid, second) + " s late";
  };
  rows.push_back(std::move(grid));
  rows.push_back(seconds_row<OfOrchestrator>(
      "HEARTBEAT_INTERVAL_SECS", &OfOrchestrator::heartbeat_interval, {tenth, hour},
      "Period of a shard's heartbeats; the orchestrator assumes it of a "
      "shard that does not say its own"));
  rows.push_back(seconds_row<OfOrchestrator>(
      "RETIRE_AFTER_SECS", &OfOrchestrator::retire_after, {seconds{1}, day},
      "A shard without games, silent this long, is forgotten"));
}

void append_lease_rows(std::vector<Row<OfOrchestrator>>& rows) {
  rows.push_back(seconds_row<OfOrchestrator>(
      "SHARD_LEASE_SECS", &OfOrchestrator::lease, {tenth, hour, true},
      "How long one grant lets a shard emit for its games; 0: no grants are sent",
      "no grants are sent: a shard that is cut off goes on emitting for games that have moved"));
  rows.push_back(
      count_row<OfOrchestrator>("CLOCK_DRIFT_PPM", &OfOrchestrator::clock_drift_ppm, {0, 100'000},
                                "How far two monotonic clocks may run apart, in millionths"));
  rows.push_back(seconds_row<OfOrchestrator>(
      "SHARD_LEASE_MARGIN_SECS", &OfOrchestrator::lease_margin, {Duration{}, hour},
      "Added to a lease, with the drift, before its games may move"));
}

void append_sight_rows(std::vector<Row<OfOrchestrator>>& rows) {
  rows.push_back(seconds_row<OfOrchestrator>(
      "CANARY_PERIOD_SECS", &OfOrchestrator::canary_period, {tenth, hour, true},
      "Period of the orchestrator's messages to itself through Redis; 0: none",
      "an orchestrator that hears nothing cannot tell its own blindness from dead shards"));
  rows.push_back(seconds_row<OfOrchestrator>(
      "CANARY_TIMEOUT_SECS", &OfOrchestrator::canary_timeout, {tenth, hour},
      "A canary missing for so long: the orchestrator is blind, judges nobody"));
  rows.push_back(seconds_row<OfOrchestrator>(
      "WARM_UP_MIN_SECS", &OfOrchestrator::warm_up_min, {Duration{}, hour},
      "After a start, listen for at least so long before acting"));
  rows.push_back(flag_row<OfOrchestrator>(
      "NEW_FLEET", &OfOrchestrator::new_fleet,
      "true: no shard holds a lease of an earlier orchestrator, so games may be placed at once "
      "although "
      "the store cannot prove it",
      "if a shard does hold an earlier lease, games may be watched twice until it is over"));
  rows.push_back(seconds_row<OfOrchestrator>(
      "WARM_UP_MAX_SECS", &OfOrchestrator::warm_up_max, {tenth, hour, true},
      "After a start, listen for known shards at most so long; 0: act at once",
      "a restarted orchestrator may move games of shards it has not heard yet"));
  rows.push_back(count_row<OfOrchestrator>(
      "HOLD_ENTER_PERCENT", &OfOrchestrator::hold_enter_percent, {0, 100},
      "When so many of the shards, and more than two, are silent at once, none is declared dead "
      "for HOLD_MAX_SECS; 0: never",
      "a cause that many shards share moves all their games to the few that are left"));
  rows.push_back(
      count_row<OfOrchestrator>("HOLD_LEAVE_PERCENT", &OfOrchestrator::hold_leave_percent, {1, 100},
                                "With fewer of the shards silent than this the waiting ends"));
  rows.push_back(
      seconds_row<OfOrchestrator>("HOLD_MAX_SECS", &OfOrchestrator::hold_max, {tenth, hour},
                                  "Longest such wait, in time in which they could be heard; five "
                                  "times as long if a silent shard has no lease"));
  rows.push_back(seconds_row<OfOrchestrator>(
      "STALL_SECS", &OfOrchestrator::stall, {tenth, hour},
      "A timer of its own later than this: the orchestrator stood still"));
}

void append_command_rows(std::vector<Row<OfOrchestrator>>& rows) {
  rows.push_back(seconds_row<OfOrchestrator>(
      "RESEND_FIRST_SECS", &OfOrchestrator::resend_first, {milliseconds{10}, hour},
      "First wait before an unacknowledged command is sent again; it doubles"));
  rows.push_back(seconds_row<OfOrchestrator>("RESEND_CAP_SECS", &OfOrchestrator::resend_cap,
                                             {milliseconds{10}, hour},
                                             "Longest wait between two sendings of a command"));
  rows.push_back(limit_row<OfOrchestrator>(
      "RESEND_LIMIT", &OfOrchestrator::resend_limit,
      "Times an unacknowledged command is sent again; unlimited: until settled",
      "a command lost as often as that leaves its game unwatched"));
  rows.push_back(seconds_row<OfOrchestrator>("COMMAND_ALERT_SECS", &OfOrchestrator::command_alert,
                                             {tenth, hour},
                                             "An unacknowledged command this old raises an alert"));
  rows.push_back(seconds_row<OfOrchestrator>(
      "RESYNC_DEBOUNCE_SECS", &OfOrchestrator::resync_debounce, {Duration{}, hour},
      "Wait from a shard's restart until its games are sent to it again"));
  rows.push_back(count_row<OfOrchestrator>("RESYNC_BATCH_GAMES", &OfOrchestrator::resync_batch,
                                           {1, 100'000}, "Games sent again at once"));
  rows.push_back(milliseconds_row<OfOrchestrator>("RESYNC_PAUSE_MS", &OfOrchestrator::resync_pause,
                                                  {Duration{}, hour},
                                                  "Pause between two such batches"));
  rows.push_back(count_row<OfOrchestrator>(
      "FAILOVER_GAMES_PER_SEC", &OfOrchestrator::failover_games_per_second, {0, 100'000},
      "Games of dead shards moved per second; 0: they stay with the dead shard. Planned "
      "moves begin at half this rate",
      "the games of a dead shard stay unwatched until it comes back"));
}

void append_move_rows(std::vector<Row<OfOrchestrator>>& rows) {
  rows.push_back(
      count_row<OfOrchestrator>("HANDOFFS_MAX", &OfOrchestrator::handoffs_max, {0, 10'000},
                                "Planned moves under way at once; 0: none are made",
                                "drained, degraded and overloaded shards keep their games"));
  rows.push_back(seconds_row<OfOrchestrator>(
      "PREPARE_TIMEOUT_SECS", &OfOrchestrator::prepare_timeout, {tenth, hour},
      "A successor that does not watch its game by then is given up"));
  rows.push_back(count_row<OfOrchestrator>(
      "REBALANCE_TRIGGER_PERCENT", &OfOrchestrator::rebalance_trigger_percent, {0, 10'000},
      "Games move when the fullest shard is so full, in percent of the mean; 0: never",
      "a new shard gets no games of the others, however full they are"));
  rows.push_back(count_row<OfOrchestrator>("REBALANCE_SHARE_PERCENT",
                                           &OfOrchestrator::rebalance_share_percent, {1, 100},
                                           "Of the games, moved in one round of rebalancing"));
  rows.push_back(seconds_row<OfOrchestrator>("REBALANCE_COOL_DOWN_SECS",
                                             &OfOrchestrator::rebalance_cool_down, {tenth, hour},
                                             "From the start of one round to the next"));
}

void append_store_rows(std::vector<Row<OfOrchestrator>>& rows) {
  rows.push_back(seconds_row<OfOrchestrator>(
      "STORE_PATIENCE_SECS", &OfOrchestrator::store_patience, {tenth, hour},
      "A commit unanswered for so long: the store counts as out"));
  rows.push_back(seconds_row<OfOrchestrator>(
      "STORE_OUT_MAX_SECS", &OfOrchestrator::store_out_max, {Duration{}, hour},
      "While the store is out, games of dead shards move for so long"));
  rows.push_back(
      seconds_row<OfOrchestrator>("PAUSED_ALERT_SECS", &OfOrchestrator::paused_alert, {tenth, day},
                                  "An operator's pause that lasts longer raises an alert"));
  rows.push_back(seconds_row<OfOrchestrator>(
      "FAREWELL_LEASE_SECS", &OfOrchestrator::farewell_lease, {tenth, hour, true},
      "Length of the last grants of an orchestrator that is asked to end; 0: none are sent"));
}

void append_breaker_rows(std::vector<Row<OfOrchestrator>>& rows) {
  rows.push_back(count_row<OfOrchestrator>(
      "ASSIGNMENT_CIRCUIT_FAILURE_THRESHOLD", &OfOrchestrator::circuit_failures, {1, 1'000},
      "Failed commands in a row after which a shard gets no new games"));
  rows.push_back(count_row<OfOrchestrator>(
      "ASSIGNMENT_CIRCUIT_SUCCESS_THRESHOLD", &OfOrchestrator::circuit_successes, {1, 1'000},
      "Answers in a row after which a shard on trial gets games as before; "
      "also the games it is tried with at once"));
  rows.push_back(seconds_row<OfOrchestrator>(
      "ASSIGNMENT_CIRCUIT_HALF_OPEN_TIMEOUT_SECS", &OfOrchestrator::circuit_open, {tenth, hour},
      "How long it gets none before it is tried; doubled with each "
      "relapse"));
  rows.push_back(seconds_row<OfOrchestrator>(
      "ASSIGNMENT_CIRCUIT_MAX_OPEN_SECS", &OfOrchestrator::circuit_open_max, {tenth, hour},
      "Longest such wait; not over for so long in all, it raises an "
      "alert"));
}

void append_health_rows(std::vector<Row<OfOrchestrator>>& rows) {
  rows.push_back(seconds_row<OfOrchestrator>(
      "STATUS_SETTLE_SECS", &OfOrchestrator::status_settle, {tenth, hour, true},
      "What heartbeats report changes a status when it has held for so long; 0: at once",
      "a check that comes and goes changes the status each time"));
  rows.push_back(count_row<OfOrchestrator>(
      "RECOVERY_BEATS", &OfOrchestrator::recovery_beats, {1, 100},
      "Good heartbeats in a row before one that was dead is healthy; with "
      "1 there is no probation"));
  rows.push_back(seconds_row<OfOrchestrator>(
      "DEGRADED_MOVE_SECS", &OfOrchestrator::degraded_max, {tenth, hour, true},
      "Games leave a shard that is degraded for so long by a fault most shards do not share; 0: "
      "they stay",
      "games stay on a shard that cannot watch them"));
  rows.push_back(seconds_row<OfOrchestrator>(
      "FLAP_HALF_LIFE_SECS", &OfOrchestrator::flap_half_life, {tenth, hour, true},
      "In which the penalty for getting worse halves; 0: none is counted",
      "a shard that fails again and again is chosen as gladly as a steady one"));
  rows.push_back(
      count_row<OfOrchestrator>("FLAP_LIMIT", &OfOrchestrator::flap_limit, {2, 100},
                                "Times a shard may get worse at once before it is called flapping, "
                                "until half of that is left"));
}

void append_alert_rows(std::vector<Row<OfOrchestrator>>& rows) {
  Row<OfOrchestrator> publish =
      flag_row<OfOrchestrator>("CRITICAL_ALERTS_ENABLED", &AlertSettings::publish,
                               "false: alerts are not published on alerts:critical and "
                               "notification:events",
                               {});
  publish.weakness =
      weakness_if<OfOrchestrator>([](const OfOrchestrator& s) { return !s.alerts.publish; },
                                  "nobody is told of alerts but who reads the log or the file");
  rows.push_back(std::move(publish));
  rows.push_back(seconds_row<OfOrchestrator>(
      "ALERT_RATE_LIMIT_SECS", &AlertSettings::rate_period, {seconds{1}, hour, true},
      "In this time at most 10 messages about alerts that begin are published; more are held back "
      "and counted; 0: all are published",
      "a storm of alerts is a storm of messages"));
  rows.push_back(alert_log_row<OfOrchestrator>());
}

}  // namespace

const std::vector<Row<OrchestratorSettings>>& orchestrator_rows() {
  static const std::vector<Row<OfOrchestrator>> rows = [] {
    std::vector<Row<OfOrchestrator>> all;
    append_bus_rows(all);
    append_death_rows(all);
    append_lease_rows(all);
    append_sight_rows(all);
    append_command_rows(all);
    append_move_rows(all);
    append_store_rows(all);
    append_breaker_rows(all);
    append_health_rows(all);
    append_alert_rows(all);
    for (Row<OfOrchestrator>& row : all) {
      row.info.initial = row.show(initial_settings<OfOrchestrator>());
      row.info.orchestrator = true;
    }
    return all;
  }();
  return rows;
}

}  // namespace arbees::settings
