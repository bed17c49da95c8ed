#include "core/alerts/catalogue.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "core/base/assert.h"

namespace arbees {
namespace {

constexpr Duration at_once{};
constexpr Duration together = milliseconds{500};
/// A link that is back within it costs nobody anything; still within what I7 allows.
constexpr Duration blip = seconds{1};

constexpr AlertLevel info = AlertLevel::info;
constexpr AlertLevel warning = AlertLevel::warning;
constexpr AlertLevel critical = AlertLevel::critical;

// Sorted by type. wait, keep, gather; by; what is so; what the system does; what to do.
constexpr AlertSpec catalogue[] = {
    AlertSpec{"ALL_SHARDS_DEAD", critical, at_once, at_once, at_once, "orchestrator",
              "no shard is alive: no live game is watched",
              "it waits for shards and places all games on the first that are heard",
              "start shards; look at what they share: a host, a rollout, Redis' address"},
    AlertSpec{
        "ALL_SHARDS_DEGRADED", critical, at_once, seconds{10}, at_once, "orchestrator",
        "every living shard reports that something it needs fails; signals are late or missing",
        "no game moves for it: no shard would do better", "look at what they share, ESPN first"},
    AlertSpec{"AUTH_ERROR", critical, at_once, seconds{30}, at_once, "both",
              "Redis refuses the program by password, rights or database; it is cut off",
              "it tries again every REDIS_REFUSED_WAIT_SECS",
              "mend password or ACL; no restart is needed"},
    AlertSpec{"BLIND_FLAPPING", warning, at_once, seconds{60}, at_once, "orchestrator",
              "a mode was entered more than 3 times in 10 min: decisions come late",
              "each time nobody is judged until it can see again",
              "look at Redis and at the load of the orchestrator's host"},
    AlertSpec{"BREAKER_OPEN_LONG", warning, at_once, seconds{10}, together, "orchestrator",
              "a shard refuses assignments again and again; its places are not used",
              "others get the games; it is probed every time the breaker half-opens",
              "look at the shard's log"},
    AlertSpec{"CAPACITY_EXHAUSTED", critical, at_once, seconds{10}, at_once, "orchestrator",
              "no shard has a free place; the next games will not be watched",
              "games wait in order of priority and are placed when there is room",
              "add shards, or raise MAX_GAMES"},
    AlertSpec{"CLOCK_JUMP", warning, at_once, seconds{300}, at_once, "orchestrator",
              "the wall clock of the orchestrator's host jumped: times shown to people are off",
              "nothing is decided by wall clocks", "look at time synchronisation on the host"},
    AlertSpec{"CLOCK_SKEW", warning, seconds{20}, seconds{60}, together, "orchestrator",
              "a shard's wall clock differs from the orchestrator's: its signals may expire early",
              "nothing is decided by wall clocks",
              "look at time synchronisation on the shard's host"},
    AlertSpec{"COMMAND_UNACKED", critical, at_once, at_once, together, "orchestrator",
              "a command is unanswered for COMMAND_ALERT_SECS: its game may be unwatched",
              "it is sent again until it is answered", "look at the shard's log"},
    AlertSpec{"CONFIG_MISMATCH", warning, at_once, seconds{60}, together, "orchestrator",
              "a shard's settings do not fit the orchestrator's: it would be fenced or judged in "
              "normal life, or cannot be fenced",
              "the shard is served as it is", "give both the same settings and restart the shard"},
    AlertSpec{"DISCOVERY_FAILING", critical, at_once, seconds{60}, at_once, "orchestrator",
              "live games cannot be fetched: new games are not noticed", "known games go on",
              "look at ESPN and the way to it"},
    AlertSpec{"DRAIN_STUCK", warning, at_once, at_once, at_once, "orchestrator",
              "a drain passed its deadline: games without another place stay on the shard",
              "nothing is unassigned without a target", "add room, or end the drain"},
    AlertSpec{"DUPLICATE_ORCHESTRATOR", critical, at_once, seconds{30}, at_once, "both",
              "two orchestrators run on one Redis", "shards follow one of them", "end one of them"},
    AlertSpec{"DUPLICATE_OWNER", critical, at_once, seconds{30}, at_once, "orchestrator",
              "two shards run one game: its signals may come twice",
              "consumers drop the lower epoch; the one without a grant is told to stop",
              "look at the shard that is named"},
    AlertSpec{"DUPLICATE_SHARD_ID", critical, at_once, seconds{30}, at_once, "both",
              "two processes use one SHARD_ID",
              "the one that started last is served, the other ends with exit code 75",
              "give each shard its own name"},
    AlertSpec{"EXTERNAL_DEPENDENCY_DOWN", critical, at_once, seconds{30}, at_once, "orchestrator",
              "a source that shards share fails: signals are late or missing",
              "no game moves for it", "look at the source that is named"},
    AlertSpec{"FLEET_DARK", critical, at_once, at_once, at_once, "orchestrator",
              "more than two shards, and most of them, fell silent together: their games emit "
              "nothing once their leases are over",
              "no death is declared for HOLD_MAX_SECS, then their games move",
              "look for what they share: a switch, a host, a rollout"},
    AlertSpec{"GAMES_UNOWNED", critical, at_once, at_once, together, "orchestrator",
              "live games have no shard; the text says why and which",
              "they are placed as soon as there is room", "add shards, or raise MAX_GAMES"},
    AlertSpec{"LEADER_LOST", critical, at_once, at_once, at_once, "orchestrator",
              "another orchestrator took office", "this one ends with exit code 75",
              "none if intended; else end one of them"},
    AlertSpec{"MASS_FAILURE_HOLD", warning, at_once, at_once, together, "orchestrator",
              "verdicts over silent shards are held back (HOLD)",
              "it ends when they are heard, or after HOLD_MAX_SECS",
              "release it if you know that they are gone"},
    AlertSpec{"NO_HEALTHY_SHARDS", critical, at_once, seconds{10}, at_once, "orchestrator",
              "some shards are dead and none of the living is healthy",
              "games stay where somebody still watches them", "start shards; look at their logs"},
    AlertSpec{"NO_MARKET_DISCOVERY", critical, at_once, at_once, at_once, "orchestrator",
              "no monitor of a platform works: live games get no prices of it",
              "its monitors are told their markets again when one is back",
              "look at its failing checks and its log"},
    AlertSpec{"ORCHESTRATOR_BLIND", critical, at_once, seconds{10}, blip, "orchestrator",
              "its own messages do not come back through Redis: a shard that dies is not noticed",
              "nobody is judged, no game moves; it connects anew",
              "look at Redis and the way to it"},
    AlertSpec{"PAUSED_TOO_LONG", warning, at_once, at_once, at_once, "orchestrator",
              "an operator's pause lasts: the games of a shard that dies stay unwatched",
              "grants go on, nothing moves", "resume, or say again that it is meant"},
    AlertSpec{"REDIS_DOWN", critical, blip, seconds{10}, at_once, "orchestrator",
              "Redis does not answer: nothing is heard, no command leaves; shards stop emitting "
              "when their leases are over",
              "it connects again and again, nobody is judged meanwhile",
              "look at Redis and the way to it"},
    AlertSpec{"RESYNC_SLOW", warning, at_once, seconds{10}, together, "orchestrator",
              "a restarted shard has not acknowledged its games in time",
              "they are sent again until it does", "look at the shard's log"},
    AlertSpec{"SHARD_DEAD", critical, at_once, at_once, together, "orchestrator",
              "a shard was silent for its timeout: its games were unwatched since",
              "its games move", "look at its process and host"},
    AlertSpec{"SHARD_DEAF", critical, at_once, at_once, together, "orchestrator",
              "a shard is heard but gets no grants: it emits nothing", "its games move",
              "its subscriber connection or the route to it is broken; restart the shard"},
    AlertSpec{"SHARD_FENCED", critical, at_once, at_once, at_once, "shard",
              "it has no valid lease: it watches its games and emits nothing",
              "it asks for a grant until it gets one", "look at the orchestrator and Redis"},
    AlertSpec{"SHARD_FLAPPING", warning, at_once, seconds{60}, together, "orchestrator",
              "a shard comes and goes", "its games move to others, it gets new ones last",
              "look at its process and host"},
    AlertSpec{"SINK_FAILING", warning, at_once, seconds{60}, at_once, "both",
              "alerts do not reach one of the places they are sent to", "the others get them",
              "look at the place that is named"},
    AlertSpec{"STALE_EPOCH_SEEN", warning, at_once, seconds{60}, together, "orchestrator",
              "a shard speaks of a game under an epoch that is over", "it is told to stop",
              "none unless it lasts: then restart the shard"},
    AlertSpec{"STORE_DOWN", critical, at_once, seconds{10}, at_once, "orchestrator",
              "the store does not answer: ownership cannot change for good",
              "it is tried every 5 s", "look at the disk; the text says what failed"},
    AlertSpec{"STORE_ROLLBACK", critical, at_once, seconds{60}, at_once, "orchestrator",
              "shards know a newer term or epoch than the store: it lost commits",
              "epochs above all that may have been used are taken, and a higher term where one was "
              "lost; games whose owner is "
              "not seen to emit, and moves, wait until all leases are over",
              "expected after the restart of an orchestrator whose store is not durable; else look "
              "at who restored the file"},
    AlertSpec{"WATCHDOG", info, at_once, at_once, at_once, "orchestrator",
              "nothing: it is said every minute while alerting works",
              "its absence is the alert, for somebody outside to notice",
              "if it stays away: look at the orchestrator and Redis"},
};

constexpr Inhibition hides[] = {
    // What follows from our not hearing.
    Inhibition{"REDIS_DOWN", "ORCHESTRATOR_BLIND", false},
    Inhibition{"REDIS_DOWN", "SHARD_DEAD", false},
    Inhibition{"REDIS_DOWN", "SHARD_DEAF", false},
    Inhibition{"REDIS_DOWN", "COMMAND_UNACKED", false},
    Inhibition{"REDIS_DOWN", "GAMES_UNOWNED", false},
    Inhibition{"REDIS_DOWN", "RESYNC_SLOW", false},
    Inhibition{"AUTH_ERROR", "REDIS_DOWN", false},
    Inhibition{"AUTH_ERROR", "ORCHESTRATOR_BLIND", false},
    Inhibition{"ORCHESTRATOR_BLIND", "SHARD_DEAD", false},
    Inhibition{"ORCHESTRATOR_BLIND", "SHARD_DEAF", false},
    Inhibition{"ORCHESTRATOR_BLIND", "COMMAND_UNACKED", false},
    Inhibition{"ORCHESTRATOR_BLIND", "GAMES_UNOWNED", false},
    Inhibition{"ORCHESTRATOR_BLIND", "RESYNC_SLOW", false},
    // What follows from there being no shards.
    Inhibition{"ALL_SHARDS_DEAD", "SHARD_DEAD", false},
    Inhibition{"ALL_SHARDS_DEAD", "GAMES_UNOWNED", false},
    Inhibition{"ALL_SHARDS_DEAD", "CAPACITY_EXHAUSTED", false},
    Inhibition{"FLEET_DARK", "MASS_FAILURE_HOLD", false},
    Inhibition{"FLEET_DARK", "SHARD_DEAD", false},
    Inhibition{"EXTERNAL_DEPENDENCY_DOWN", "ALL_SHARDS_DEGRADED", false},
    // What follows from one shard's state.
    Inhibition{"SHARD_DEAD", "SHARD_FLAPPING", true},
    Inhibition{"SHARD_DEAD", "BREAKER_OPEN_LONG", true},
    Inhibition{"SHARD_DEAF", "COMMAND_UNACKED", true},
    Inhibition{"SHARD_FLAPPING", "RESYNC_SLOW", true},
};

}  // namespace

std::string_view to_string(AlertLevel level) {
  constexpr std::array<std::string_view, 3> names{"info", "warning", "critical"};
  return names[static_cast<std::size_t>(level)];
}

std::span<const AlertSpec> alert_catalogue() { return catalogue; }

const AlertSpec* find_alert(std::string_view type) {
  const auto found = std::ranges::lower_bound(catalogue, type, {}, &AlertSpec::type);
  return found != std::end(catalogue) && found->type == type ? &*found : nullptr;
}

const AlertSpec& alert_spec(std::string_view type) {
  const AlertSpec* found = find_alert(type);
  ensure(found != nullptr, "only alerts of the catalogue are raised");
  return *found;
}

std::string_view existing_name(std::string_view type) {
  return type == "ALL_SHARDS_DEAD" || type == "ALL_SHARDS_DEGRADED" ? "NO_HEALTHY_SHARDS" : type;
}

std::string runbook(std::string_view type) {
  std::string anchor(type);
  std::ranges::transform(anchor, anchor.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return "docs/operations.md#" + anchor;
}

std::span<const Inhibition> inhibitions() { return hides; }

}  // namespace arbees
