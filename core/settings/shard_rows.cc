#include "core/settings/nearest_word.h"
#include "core/settings/setting_rows.h"

namespace arbees::settings {
/// `S` is another one in each file of the folder.
namespace of_shard {
namespace {

using S = ShardSettings;

constexpr LeaseMode lease_modes[] = {LeaseMode::off, LeaseMode::suppress, LeaseMode::stop};

Row<S> lease_mode_row() {
  Row<S> row;
  row.info = {"SHARD_LEASE_MODE",
              "word",
              {},
              "off, suppress, stop",
              "Without a fresh grant for a game: emit anyway, keep it warm in silence, or drop it"};
  row.read = [](std::string_view text, S& into) -> std::expected<void, std::string> {
    std::vector<std::string_view> words;
    for (const LeaseMode mode : lease_modes) {
      words.push_back(to_string(mode));
      if (text == words.back()) {
        into.lease_mode = mode;
        return {};
      }
    }
    return std::unexpected("expected off, suppress or stop" + suggestion(text, words));
  };
  row.show = [](const S& s) { return std::string(to_string(s.lease_mode)); };
  row.weakness = [](const S& s) -> std::optional<std::string> {
    if (s.lease_mode != LeaseMode::off) {
      return std::nullopt;
    }
    return "a shard that is cut off goes on emitting for games that have moved";
  };
  return row;
}

void append_identity_rows(std::vector<Row<S>>& rows) {
  rows.push_back(text_row<S>(
      "SHARD_ID", false, [](S& s, std::string text) { s.id = ShardId(std::move(text)); },
      [](const S& s) { return s.id.str(); },
      "Names the shard; no other may use it at the same time"));
  rows.push_back(text_row<S>(
      "SHARD_TYPE", false, [](S& s, std::string text) { s.type = std::move(text); },
      [](const S& s) { return s.type; }, "Which kind of games it takes, as heartbeats say it"));
  rows.push_back(text_row<S>(
      "BUILD_VERSION", false, [](S& s, std::string text) { s.version = std::move(text); },
      [](const S& s) { return s.version; }, "The version that heartbeats name"));
}

const std::vector<Row<S>>& rows() {
  static const std::vector<Row<S>> made = [] {
    std::vector<Row<S>> all;
    append_bus_rows(all);
    append_identity_rows(all);
    all.push_back(count_row<S>("MAX_GAMES", &S::max_games, {0, 100'000},
                               "Games the shard takes at most; more are refused",
                               "the shard takes no games"));
    all.push_back(seconds_row<S>("HEARTBEAT_INTERVAL_SECS", &S::heartbeat_interval, {tenth, hour},
                                 "Period of a shard's heartbeats; the orchestrator assumes it of a "
                                 "shard that does not say its own"));
    all.push_back(seconds_row<S>("UNANSWERED_REPEAT_SECS", &S::unanswered_repeat,
                                 {tenth, hour, true},
                                 "A heartbeat no grant answers is repeated after so long; 0: never",
                                 "one lost heartbeat or grant costs a whole period of the lease"));
    all.push_back(milliseconds_row<S>("APPLIED_GAP_MS", &S::applied_gap, {milliseconds{1}, hour},
                                      "Least time between heartbeats sent because of commands"));
    all.push_back(lease_mode_row());
    all.push_back(seconds_row<S>("TOMBSTONE_SECS", &S::tombstone_life, {tenth, day},
                                 "How long a removed game refuses a late add of an old epoch"));
    all.push_back(seconds_row<S>("SIGNAL_PERIOD_SECS", &S::signal_period, {milliseconds{1}, hour},
                                 "Period of the synthetic signal of each owned game"));
    all.push_back(alert_log_row<S>());
    for (Row<S>& row : all) {
      row.info.initial = row.show(initial_settings<S>());
      row.info.shard = true;
    }
    return all;
  }();
  return made;
}

}  // namespace
}  // namespace of_shard

const std::vector<Row<ShardSettings>>& shard_rows() { return of_shard::rows(); }

}  // namespace arbees::settings
