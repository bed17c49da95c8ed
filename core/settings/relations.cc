#include <algorithm>
#include <string>

#include "core/settings/setting_rows.h"

namespace arbees {
namespace settings {
namespace {

using ProblemSeverity = SettingProblem::Severity;

/// Time for one message there and one back, as the relations count it.
constexpr Duration round_trip = milliseconds{100};

/// One side of a relation: how it is made from settings, and what that gives.
struct Side {
  std::string formula;
  Duration value;
};

std::string side_text(const Side& side) {
  return side.formula + " = " + decimal_text(side.value, second) + " s";
}

/// Collects the relations of ownership.md 6 that do not hold.
class Relations {
 public:
  /// `less` must be at most `more`. `why` says what goes wrong otherwise.
  void at_most(ProblemSeverity severity, std::string variable, const Side& less, const Side& more,
               std::string_view why) {
    if (less.value > more.value) {
      add(severity, std::move(variable), less, " must be at most ", more, why);
    }
  }
  void below(ProblemSeverity severity, std::string variable, const Side& less, const Side& more,
             std::string_view why) {
    if (less.value >= more.value) {
      add(severity, std::move(variable), less, " must be below ", more, why);
    }
  }

  void problem(ProblemSeverity severity, std::string variable, std::string text) {
    problems_.push_back({severity, std::move(variable), std::move(text)});
  }

  std::vector<SettingProblem> take() { return std::move(problems_); }

 private:
  void add(ProblemSeverity severity, std::string variable, const Side& less,
           std::string_view relation, const Side& more, std::string_view why) {
    problems_.push_back(
        {severity, std::move(variable),
         side_text(less) + std::string(relation) + side_text(more) + ": " + std::string(why)});
  }

  std::vector<SettingProblem> problems_;
};

Side one(std::string name, Duration value) { return {std::move(name), value}; }

constexpr std::string_view reconnect_formula =
    "REDIS_RECONNECT_MAX_DELAY_MS + REDIS_CONNECT_DEADLINE_SECS";

void check_tls(Relations& relations, const redis::BusSettings& bus) {
  const bool cert = !bus.tls.cert_file.empty();
  const bool key = !bus.tls.key_file.empty();
  if (cert != key) {
    relations.problem(ProblemSeverity::error, cert ? "REDIS_TLS_KEY_FILE" : "REDIS_TLS_CERT_FILE",
                      "a certificate is of use only with its key: set both REDIS_TLS_CERT_FILE and "
                      "REDIS_TLS_KEY_FILE, or neither");
  }
  if (bus.tls != Tls{} && !bus.endpoint.tls) {
    relations.problem(ProblemSeverity::warning, "REDIS_URL",
                      "REDIS_TLS_... is set, but REDIS_URL asks for a connection without TLS: "
                      "what is said there can be read by others; expected rediss://");
  }
}

void check_bus(Relations& relations, const redis::BusSettings& bus) {
  check_tls(relations, bus);
  relations.at_most(ProblemSeverity::error, "REDIS_RECONNECT_BASE_DELAY_MS",
                    one("REDIS_RECONNECT_BASE_DELAY_MS", bus.backoff_base),
                    one("REDIS_RECONNECT_MAX_DELAY_MS", bus.backoff_cap),
                    "the wait between attempts grows from the first to the second");
  relations.below(ProblemSeverity::error, "REDIS_PING_INTERVAL_SECS",
                  one("REDIS_PING_INTERVAL_SECS", bus.ping_interval),
                  one("REDIS_READ_SILENCE_SECS", bus.read_silence),
                  "a quiet link would be given up before anybody asked it");
}

/// Suspicion and death must come after the orchestrator had every chance to notice that it is the one
/// who cannot hear. S = 2.5 heartbeats.
void check_death(Relations& relations, const OrchestratorSettings& s) {
  const Duration beat = s.heartbeat_interval;
  const Side timeout = one("SHARD_TIMEOUT_SECS", s.shard_timeout);
  const Side suspect{"2.5 x HEARTBEAT_INTERVAL_SECS", beat * 5 / 2};
  relations.at_most(ProblemSeverity::error, "SHARD_TIMEOUT_SECS",
                    {"3 x HEARTBEAT_INTERVAL_SECS", beat * 3}, timeout,
                    "a shard would be dead after two lost heartbeats");
  relations.below(ProblemSeverity::error, "STALL_SECS", one("STALL_SECS", s.stall),
                  {"HEARTBEAT_INTERVAL_SECS / 2", beat / 2},
                  "an own standstill could hide heartbeats without being noticed");
  if (s.canary_period == Duration{}) {
    return;
  }
  const Duration canary = s.canary_period + s.canary_timeout;
  relations.at_most(
      ProblemSeverity::error, "SHARD_TIMEOUT_SECS",
      {"3.5 x HEARTBEAT_INTERVAL_SECS + CANARY_PERIOD_SECS + CANARY_TIMEOUT_SECS",
       suspect.value + canary + beat},
      timeout,
      "a shard could be declared dead before a blind orchestrator notices that it is blind");
  relations.below(ProblemSeverity::error, "CANARY_TIMEOUT_SECS",
                  {"CANARY_PERIOD_SECS + CANARY_TIMEOUT_SECS + " + std::string(reconnect_formula),
                   canary + s.redis.reconnect_time()},
                  suspect, "shards would be suspect while the orchestrator's own link comes back");
  // A PING has a deadline of its own, the rest of the silence at most (redis::PingClock). A peer that
  // drips bytes may take the whole silence; the canary, above, is then earlier.
  const redis::BusSettings& bus = s.redis;
  const Duration by_ping = bus.ping_interval + bus.reply_deadline;
  const bool ping_first = by_ping < bus.read_silence;
  relations.below(ProblemSeverity::error, "REDIS_READ_SILENCE_SECS",
                  {(ping_first ? "REDIS_PING_INTERVAL_SECS + REDIS_REPLY_DEADLINE_SECS + "
                               : "REDIS_READ_SILENCE_SECS + ") +
                       std::string(reconnect_formula),
                   (ping_first ? by_ping : bus.read_silence) + bus.reconnect_time()},
                  suspect, "shards would be suspect before a dead link is replaced");
}

void check_lease(Relations& relations, const OrchestratorSettings& s) {
  const Side lease = one("SHARD_LEASE_SECS", s.lease);
  const Duration beat = s.heartbeat_interval;
  relations.at_most(ProblemSeverity::error, "SHARD_LEASE_SECS",
                    {"SHARD_LEASE_SECS with drift and margin + 5", s.lease_out() + seconds{5}},
                    one("SHARD_TIMEOUT_SECS", s.shard_timeout),
                    "the games of a dead shard could not move when it is declared dead");
  relations.at_most(ProblemSeverity::error, "SHARD_LEASE_SECS",
                    {"4 x HEARTBEAT_INTERVAL_SECS + 0.1", beat * 4 + round_trip}, lease,
                    "a few lost heartbeats would silence a shard that works");
  relations.at_most(ProblemSeverity::warning, "SHARD_LEASE_SECS",
                    {"30 + HEARTBEAT_INTERVAL_SECS + " + std::string(reconnect_formula) + " + 0.2",
                     seconds{30} + beat + s.redis.reconnect_time() + round_trip * 2},
                    lease, "an outage of Redis of 30 s silences shards that work");
  if (s.warm_up_max > Duration{}) {
    relations.at_most(ProblemSeverity::error, "WARM_UP_MAX_SECS",
                      {"SHARD_LEASE_SECS with drift and margin", s.lease_out()},
                      one("WARM_UP_MAX_SECS", s.warm_up_max),
                      "a restarted orchestrator could move games whose leases it does not know");
  }
}

void check_hold(Relations& relations, const OrchestratorSettings& s) {
  constexpr Duration percent = seconds{1};  // Shown as a number; a percentage has no unit of time.
  relations.below(ProblemSeverity::error, "HOLD_LEAVE_PERCENT",
                  {"HOLD_LEAVE_PERCENT", percent * static_cast<std::int64_t>(s.hold_leave_percent)},
                  {"HOLD_ENTER_PERCENT", percent * static_cast<std::int64_t>(s.hold_enter_percent)},
                  "waiting would end and begin again with the same shards silent");
  relations.at_most(ProblemSeverity::error, "HOLD_MAX_SECS",
                    {"SHARD_LEASE_SECS with drift and margin - 2.5 x HEARTBEAT_INTERVAL_SECS",
                     s.lease_out() - s.heartbeat_interval * 5 / 2},
                    one("HOLD_MAX_SECS", s.hold_max),
                    "games could move before the leases of the silent are over");
}

/// Where one shard is left, its breaker delays recovery: by no more than everything else may.
void check_breaker(Relations& relations, const OrchestratorSettings& s) {
  const Side longest = one("ASSIGNMENT_CIRCUIT_MAX_OPEN_SECS", s.circuit_open_max);
  relations.at_most(ProblemSeverity::error, "ASSIGNMENT_CIRCUIT_HALF_OPEN_TIMEOUT_SECS",
                    one("ASSIGNMENT_CIRCUIT_HALF_OPEN_TIMEOUT_SECS", s.circuit_open), longest,
                    "the wait grows from the first to the second");
  const Duration reconnect = s.redis.reconnect_time();
  const Duration grace = s.heartbeat_interval * 2 + reconnect;
  relations.at_most(ProblemSeverity::warning, "ASSIGNMENT_CIRCUIT_MAX_OPEN_SECS", longest,
                    {"the longest recovery without it",
                     reconnect + s.warm_up_max + std::max(s.shard_timeout, s.lease_out()) + grace +
                         s.hold_max + s.canary_timeout + s.resend_cap},
                    "a breaker would keep games waiting for longer than any failure does");
}

}  // namespace

std::vector<SettingProblem> check_relations(const OrchestratorSettings& settings) {
  Relations relations;
  check_bus(relations, settings.redis);
  check_death(relations, settings);
  if (settings.lease > Duration{}) {
    check_lease(relations, settings);
  }
  if (settings.warm_up_max > Duration{}) {
    relations.at_most(ProblemSeverity::error, "WARM_UP_MIN_SECS",
                      one("WARM_UP_MIN_SECS", settings.warm_up_min),
                      one("WARM_UP_MAX_SECS", settings.warm_up_max), "listening has to end");
    relations.at_most(ProblemSeverity::error, "WARM_UP_MAX_SECS",
                      one("WARM_UP_MAX_SECS", settings.warm_up_max),
                      one("SHARD_TIMEOUT_SECS", settings.shard_timeout),
                      "a shard that died before the start would be noticed late");
  }
  if (settings.hold_enter_percent > 0) {
    check_hold(relations, settings);
  }
  check_breaker(relations, settings);
  relations.at_most(ProblemSeverity::error, "RESEND_FIRST_SECS",
                    one("RESEND_FIRST_SECS", settings.resend_first),
                    one("RESEND_CAP_SECS", settings.resend_cap),
                    "the wait between two sendings grows from the first to the second");
  return relations.take();
}

std::vector<SettingProblem> check_relations(const ShardSettings& settings) {
  Relations relations;
  check_bus(relations, settings.redis);
  return relations.take();
}

}  // namespace settings

std::vector<SettingProblem> check_fleet(const OrchestratorSettings& orchestrator,
                                        const ShardSettings& shard) {
  using settings::ProblemSeverity;
  using settings::Relations;
  Relations relations;
  if (orchestrator.lease > Duration{} && shard.lease_mode != LeaseMode::off) {
    relations.below(ProblemSeverity::error, "TOMBSTONE_SECS",
                    {"SHARD_LEASE_SECS", orchestrator.lease},
                    {"TOMBSTONE_SECS", shard.tombstone_life},
                    "a removed game could come back by a late command under a live lease");
  }
  relations.at_most(ProblemSeverity::error, "SHARD_TIMEOUT_SECS",
                    {"3 x HEARTBEAT_INTERVAL_SECS of the shard", shard.heartbeat_interval * 3},
                    {"SHARD_TIMEOUT_SECS", orchestrator.shard_timeout},
                    "the shard would be dead after two lost heartbeats");
  const std::uint64_t batches =
      (shard.max_games + orchestrator.resync_batch - 1) / orchestrator.resync_batch;
  relations.at_most(
      ProblemSeverity::warning, "RESYNC_DEBOUNCE_SECS",
      {"RESYNC_DEBOUNCE_SECS + RESYNC_PAUSE_MS for MAX_GAMES + 2 x RESEND_FIRST_SECS + 0.2",
       orchestrator.resync_debounce +
           orchestrator.resync_pause * static_cast<std::int64_t>(batches) +
           orchestrator.resend_first * 2 + settings::round_trip * 2},
      {"the promised recovery", seconds{10}},
      "a restarted shard may take longer than 10 s to have its games again");
  return relations.take();
}

}  // namespace arbees
