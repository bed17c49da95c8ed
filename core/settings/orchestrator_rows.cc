#include "core/settings/setting_rows.h"

namespace arbees::settings {
/// `S` is another one in each file of the folder.
namespace of_orchestrator {
namespace {

using S = OrchestratorSettings;

void append_death_rows(std::vector<Row<S>>& rows) {
  rows.push_back(
      seconds_row<S>("SHARD_TIMEOUT_SECS", &S::shard_timeout, {tenth, day},
                     "Silence after which a shard is dead, counted while it could be heard"));
  rows.push_back(
      unused_row<S>("HEALTH_CHECK_INTERVAL_SECS", "unused",
                    "Accepted and not used: a death is noticed by a timer at its moment; "
                    "see DEATH_CHECK_GRID_SECS"));
  Row<S> grid = seconds_row<S>("DEATH_CHECK_GRID_SECS", &S::death_check_grid, {tenth, hour, true},
                               "Deaths are noticed on multiples of it; 0: at their moment");
  grid.weakness = [](const S& s) -> std::optional<std::string> {
    if (s.death_check_grid == Duration{}) {
      return std::nullopt;
    }
    return "deaths are noticed up to " + decimal_text(s.death_check_grid, second) + " s late";
  };
  rows.push_back(std::move(grid));
  rows.push_back(seconds_row<S>("HEARTBEAT_INTERVAL_SECS", &S::heartbeat_interval, {tenth, hour},
                                "Period of a shard's heartbeats; the orchestrator assumes it of a "
                                "shard that does not say its own"));
  rows.push_back(seconds_row<S>("RETIRE_AFTER_SECS", &S::retire_after, {seconds{1}, day},
                                "A shard without games, silent this long, is forgotten"));
}

void append_lease_rows(std::vector<Row<S>>& rows) {
  rows.push_back(seconds_row<S>(
      "SHARD_LEASE_SECS", &S::lease, {tenth, hour, true},
      "How long one grant lets a shard emit for its games; 0: no grants are sent",
      "no grants are sent: a shard that is cut off goes on emitting for games that have moved"));
  rows.push_back(count_row<S>("CLOCK_DRIFT_PPM", &S::clock_drift_ppm, {0, 100'000},
                              "How far two monotonic clocks may run apart, in millionths"));
  rows.push_back(seconds_row<S>("SHARD_LEASE_MARGIN_SECS", &S::lease_margin, {Duration{}, hour},
                                "Added to a lease, with the drift, before its games may move"));
}

void append_sight_rows(std::vector<Row<S>>& rows) {
  rows.push_back(seconds_row<S>(
      "CANARY_PERIOD_SECS", &S::canary_period, {tenth, hour, true},
      "Period of the orchestrator's messages to itself through Redis; 0: none",
      "an orchestrator that hears nothing cannot tell its own blindness from dead shards"));
  rows.push_back(
      seconds_row<S>("CANARY_TIMEOUT_SECS", &S::canary_timeout, {tenth, hour},
                     "A canary missing for so long: the orchestrator is blind, judges nobody"));
  rows.push_back(seconds_row<S>("WARM_UP_MIN_SECS", &S::warm_up_min, {Duration{}, hour},
                                "After a start, listen for at least so long before acting"));
  rows.push_back(flag_row<S>(
      "NEW_FLEET", &S::new_fleet,
      "true: no shard holds a lease of an earlier orchestrator, so games may be placed at once "
      "although "
      "the store cannot prove it",
      "if a shard does hold an earlier lease, games may be watched twice until it is over"));
  rows.push_back(
      seconds_row<S>("WARM_UP_MAX_SECS", &S::warm_up_max, {tenth, hour, true},
                     "After a start, listen for known shards at most so long; 0: act at once",
                     "a restarted orchestrator may move games of shards it has not heard yet"));
  rows.push_back(count_row<S>(
      "HOLD_ENTER_PERCENT", &S::hold_enter_percent, {0, 100},
      "When so many of the shards, and more than two, are silent at once, none is declared dead "
      "for HOLD_MAX_SECS; 0: never",
      "a cause that many shards share moves all their games to the few that are left"));
  rows.push_back(count_row<S>("HOLD_LEAVE_PERCENT", &S::hold_leave_percent, {1, 100},
                              "With fewer of the shards silent than this the waiting ends"));
  rows.push_back(seconds_row<S>("HOLD_MAX_SECS", &S::hold_max, {tenth, hour},
                                "Longest such wait, in time in which they could be heard; five "
                                "times as long if a silent shard has no lease"));
  rows.push_back(
      seconds_row<S>("STALL_SECS", &S::stall, {tenth, hour},
                     "A timer of its own later than this: the orchestrator stood still"));
}

void append_command_rows(std::vector<Row<S>>& rows) {
  rows.push_back(
      seconds_row<S>("RESEND_FIRST_SECS", &S::resend_first, {milliseconds{10}, hour},
                     "First wait before an unacknowledged command is sent again; it doubles"));
  rows.push_back(seconds_row<S>("RESEND_CAP_SECS", &S::resend_cap, {milliseconds{10}, hour},
                                "Longest wait between two sendings of a command"));
  rows.push_back(
      limit_row<S>("RESEND_LIMIT", &S::resend_limit,
                   "Times an unacknowledged command is sent again; unlimited: until settled",
                   "a command lost as often as that leaves its game unwatched"));
  rows.push_back(seconds_row<S>("COMMAND_ALERT_SECS", &S::command_alert, {tenth, hour},
                                "An unacknowledged command this old raises an alert"));
  rows.push_back(
      seconds_row<S>("RESYNC_DEBOUNCE_SECS", &S::resync_debounce, {Duration{}, hour},
                     "Wait from a shard's restart until its games are sent to it again"));
  rows.push_back(count_row<S>("RESYNC_BATCH_GAMES", &S::resync_batch, {1, 100'000},
                              "Games sent again at once"));
  rows.push_back(milliseconds_row<S>("RESYNC_PAUSE_MS", &S::resync_pause, {Duration{}, hour},
                                     "Pause between two such batches"));
  rows.push_back(count_row<S>(
      "FAILOVER_GAMES_PER_SEC", &S::failover_games_per_second, {0, 100'000},
      "Games of dead shards moved per second; 0: they stay with the dead shard. Planned "
      "moves begin at half this rate",
      "the games of a dead shard stay unwatched until it comes back"));
}

void append_move_rows(std::vector<Row<S>>& rows) {
  rows.push_back(count_row<S>("HANDOFFS_MAX", &S::handoffs_max, {0, 10'000},
                              "Planned moves under way at once; 0: none are made",
                              "drained, degraded and overloaded shards keep their games"));
  rows.push_back(seconds_row<S>("PREPARE_TIMEOUT_SECS", &S::prepare_timeout, {tenth, hour},
                                "A successor that does not watch its game by then is given up"));
  rows.push_back(
      count_row<S>("REBALANCE_TRIGGER_PERCENT", &S::rebalance_trigger_percent, {0, 10'000},
                   "Games move when the fullest shard is so full, in percent of the mean; 0: never",
                   "a new shard gets no games of the others, however full they are"));
  rows.push_back(count_row<S>("REBALANCE_SHARE_PERCENT", &S::rebalance_share_percent, {1, 100},
                              "Of the games, moved in one round of rebalancing"));
  rows.push_back(seconds_row<S>("REBALANCE_COOL_DOWN_SECS", &S::rebalance_cool_down, {tenth, hour},
                                "From the start of one round to the next"));
}

void append_store_rows(std::vector<Row<S>>& rows) {
  rows.push_back(seconds_row<S>("STORE_PATIENCE_SECS", &S::store_patience, {tenth, hour},
                                "A commit unanswered for so long: the store counts as out"));
  rows.push_back(seconds_row<S>("STORE_OUT_MAX_SECS", &S::store_out_max, {Duration{}, hour},
                                "While the store is out, games of dead shards move for so long"));
  rows.push_back(seconds_row<S>("PAUSED_ALERT_SECS", &S::paused_alert, {tenth, day},
                                "An operator's pause that lasts longer raises an alert"));
  rows.push_back(seconds_row<S>(
      "FAREWELL_LEASE_SECS", &S::farewell_lease, {tenth, hour, true},
      "Length of the last grants of an orchestrator that is asked to end; 0: none are sent"));
}

void append_breaker_rows(std::vector<Row<S>>& rows) {
  rows.push_back(count_row<S>("ASSIGNMENT_CIRCUIT_FAILURE_THRESHOLD", &S::circuit_failures,
                              {1, 1'000},
                              "Failed commands in a row after which a shard gets no new games"));
  rows.push_back(count_row<S>("ASSIGNMENT_CIRCUIT_SUCCESS_THRESHOLD", &S::circuit_successes,
                              {1, 1'000},
                              "Answers in a row after which a shard on trial gets games as before; "
                              "also the games it is tried with at once"));
  rows.push_back(seconds_row<S>("ASSIGNMENT_CIRCUIT_HALF_OPEN_TIMEOUT_SECS", &S::circuit_open,
                                {tenth, hour},
                                "How long it gets none before it is tried; doubled with each "
                                "relapse"));
  rows.push_back(seconds_row<S>("ASSIGNMENT_CIRCUIT_MAX_OPEN_SECS", &S::circuit_open_max,
                                {tenth, hour},
                                "Longest such wait; not over for so long in all, it raises an "
                                "alert"));
}

void append_health_rows(std::vector<Row<S>>& rows) {
  rows.push_back(seconds_row<S>(
      "STATUS_SETTLE_SECS", &S::status_settle, {tenth, hour, true},
      "What heartbeats report changes a status when it has held for so long; 0: at once",
      "a check that comes and goes changes the status each time"));
  rows.push_back(count_row<S>("RECOVERY_BEATS", &S::recovery_beats, {1, 100},
                              "Good heartbeats in a row before one that was dead is healthy; with "
                              "1 there is no probation"));
  rows.push_back(seconds_row<S>(
      "DEGRADED_MOVE_SECS", &S::degraded_max, {tenth, hour, true},
      "Games leave a shard that is degraded for so long by a fault most shards do not share; 0: "
      "they stay",
      "games stay on a shard that cannot watch them"));
  rows.push_back(
      seconds_row<S>("FLAP_HALF_LIFE_SECS", &S::flap_half_life, {tenth, hour, true},
                     "In which the penalty for getting worse halves; 0: none is counted",
                     "a shard that fails again and again is chosen as gladly as a steady one"));
  rows.push_back(count_row<S>("FLAP_LIMIT", &S::flap_limit, {2, 100},
                              "Times a shard may get worse at once before it is called flapping, "
                              "until half of that is left"));
}

void append_alert_rows(std::vector<Row<S>>& rows) {
  Row<S> publish = flag_row<S>("CRITICAL_ALERTS_ENABLED", &AlertSettings::publish,
                               "false: alerts are not published on alerts:critical and "
                               "notification:events",
                               {});
  publish.weakness = weakness_if<S>([](const S& s) { return !s.alerts.publish; },
                                    "nobody is told of alerts but who reads the log or the file");
  rows.push_back(std::move(publish));
  rows.push_back(seconds_row<S>(
      "ALERT_RATE_LIMIT_SECS", &AlertSettings::rate_period, {seconds{1}, hour, true},
      "In this time at most 10 messages about alerts that begin are published; more are held back "
      "and counted; 0: all are published",
      "a storm of alerts is a storm of messages"));
  rows.push_back(alert_log_row<S>());
}

const std::vector<Row<S>>& rows() {
  static const std::vector<Row<S>> made = [] {
    std::vector<Row<S>> all;
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
    for (Row<S>& row : all) {
      row.info.initial = row.show(initial_settings<S>());
      row.info.orchestrator = true;
    }
    return all;
  }();
  return made;
}

}  // namespace
}  // namespace of_orchestrator

const std::vector<Row<OrchestratorSettings>>& orchestrator_rows() {
  return of_orchestrator::rows();
}

}  // namespace arbees::settings
