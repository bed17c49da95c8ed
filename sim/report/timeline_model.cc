#include "sim/report/timeline_model.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "sim/report/natural_order.h"

namespace arbees::sim {
namespace {

using Pair = std::pair<std::string, std::string>;

/// What one shard does for one game.
struct Runner {
  Track warm;
  Track emit;
  std::string label;
  bool emitting_when_frozen = false;
};

int game_rank(std::string_view kind) {
  static constexpr std::array<std::string_view, 4> kinds{"owner", "warm", "emit", "double"};
  return static_cast<int>(std::ranges::find(kinds, kind) - kinds.begin());
}

class Builder {
 public:
  explicit Builder(const EventFile& file) : file_(file) {}

  TimelineModel build() {
    find_bounds();
    for (const RecordedEvent& event : file_.events) {
      see(event);
    }
    finish();
    return std::move(model_);
  }

 private:
  void find_bounds() {
    const auto& events = file_.events;
    model_.from_ns = events.empty() ? 0 : events.front().t_ns;
    // Virtual time begins at 0, whenever the first event came.
    if (file_.header.clock == FileClock::virtual_time)
      model_.from_ns = std::min<std::int64_t>(model_.from_ns, 0);
    model_.to_ns = events.empty() ? model_.from_ns : events.back().t_ns;
    for (const RecordedViolation& violation : file_.end.violations) {
      model_.to_ns = std::max(model_.to_ns, violation.t_ns);
    }
  }

  void see(const RecordedEvent& event) {
    // The simulator's events about a node name it in a field; they are no sign of life.
    const std::string subject(event.text("node").empty() ? event.node : event.text("node"));
    const std::string_view name = event.event;
    if (name == "node_started") {
      start(event, subject);
    } else if (name == "node_crashed" || name == "node_exited") {
      end_process(event.t_ns, event, subject, name == "node_crashed" ? "crashed" : "exited");
    } else if (name == "node_frozen") {
      freeze(event, subject);
    } else if (name == "node_thawed") {
      thaw(event, subject);
    } else {
      see_core(event);
    }
    nodes_.insert(event.node);
    last_seen_[event.node] = event.t_ns;
  }

  void see_core(const RecordedEvent& event) {
    const std::string_view name = event.event;
    if (name == "shard_started" || name == "orchestrator_started") {
      restart_if_unannounced(event);
    } else if (name == "status_changed") {
      status(event);
    } else if (name.starts_with("link_")) {
      link(event);
    } else if (name == "mode_entered" || name == "mode_left") {
      mode(event);
    } else if (name.starts_with("game_") || name == "signal_emitted") {
      game(event);
    } else if (name == "fault_started" || name == "alert_raised") {
      begin_episode(event);
    } else if (name == "fault_healed" || name == "alert_resolved") {
      end_episode(event);
    }
    // In production nobody reports a start: whoever speaks, runs.
    if (file_.header.clock == FileClock::wall && !process_[event.node].is_open()) {
      process_[event.node].change(event.t_ns, event.id, "running", "running");
    }
  }

  // Processes.

  void start(const RecordedEvent& event, const std::string& node) {
    nodes_.insert(node);
    process_[node].change(event.t_ns, event.id, "running", "running");
    started_[node] = event.t_ns;
  }

  void end_process(std::int64_t t_ns, const RecordedEvent& event, const std::string& node,
                   const std::string& how) {
    nodes_.insert(node);
    process_[node].change(t_ns, event.id, "down", how);
    for (auto& [key, track] : links_) {
      if (key.first == node)
        track.close(t_ns, event.id);
    }
    for (auto& [key, runner] : runners_) {
      if (key.second != node)
        continue;
      runner.warm.close(t_ns, event.id);
      runner.emit.close(t_ns, event.id);
      runner.emitting_when_frozen = false;
    }
  }

  /// In production nobody reports a kill: the previous process ended at some time after its last event.
  void restart_if_unannounced(const RecordedEvent& event) {
    const auto started = started_.find(event.node);
    const bool announced = started != started_.end() && last_seen_[event.node] <= started->second;
    if (!announced && process_[event.node].is_open()) {
      end_process(last_seen_[event.node], event, event.node, "ended unseen");
    }
    if (!process_[event.node].is("running"))
      start(event, event.node);
  }

  void freeze(const RecordedEvent& event, const std::string& node) {
    nodes_.insert(node);
    process_[node].change(event.t_ns, event.id, "frozen", "frozen");
    for (auto& [key, runner] : runners_) {
      if (key.second != node || !runner.emit.is_open())
        continue;
      runner.emit.close(event.t_ns, event.id);
      runner.emitting_when_frozen = true;
    }
  }

  void thaw(const RecordedEvent& event, const std::string& node) {
    process_[node].change(event.t_ns, event.id, "running", "running");
    for (auto& [key, runner] : runners_) {
      if (key.second != node || !runner.emitting_when_frozen)
        continue;
      runner.emit.change(event.t_ns, event.id, "emit", runner.label);
      runner.emitting_when_frozen = false;
    }
  }

  // What nodes say of themselves and of each other.

  void status(const RecordedEvent& event) {
    const std::string shard(event.text("shard"));
    nodes_.insert(shard);
    const std::string to(event.text("to"));
    status_[shard].change(event.t_ns, event.id, to, to);
  }

  void link(const RecordedEvent& event) {
    const std::string_view name = event.event;
    Track& track = links_[{event.node, std::string(event.text("role"))}];
    if (!track.is_open()) {
      const auto started = started_.find(event.node);
      const std::int64_t since = started == started_.end() ? event.t_ns : started->second;
      track.change(since, EventId(), "connecting", "connecting");
    }
    if (name == "link_ready") {
      track.change(event.t_ns, event.id, "ready", "ready");
    } else if (name == "link_lost") {
      track.change(event.t_ns, event.id, "lost", "lost: " + std::string(event.text("reason")));
    } else if (name == "link_given_up") {
      track.change(event.t_ns, event.id, "given_up", "given up");
    }
  }

  void mode(const RecordedEvent& event) {
    const std::string mode(event.text("mode"));
    Track& track = modes_[{event.node, mode}];
    if (event.event == "mode_entered") {
      track.change(event.t_ns, event.id, mode, mode);
    } else {
      track.close(event.t_ns, event.id);
    }
  }

  // Games.

  void game(const RecordedEvent& event) {
    const std::string game(event.text("game"));
    const std::string shard(event.text("shard"));
    if (game.empty())
      return;
    if (event.event == "game_ended") {
      owners_[game].close(event.t_ns, event.id);
    } else if (event.event == "game_assigned") {
      owners_[game].change(event.t_ns, event.id, "owner", label(event));
    } else if (!shard.empty()) {
      run(event, runners_[{game, shard}]);
    }
    if (!shard.empty())
      shards_.insert(shard);
    games_.insert(game);
  }

  void run(const RecordedEvent& event, Runner& runner) {
    const std::string_view name = event.event;
    if (name == "game_added") {
      runner.label = label(event);
      if (!runner.warm.is_open() || runner.emit.is_open())
        runner.warm.change(event.t_ns, event.id, "warm", runner.label);
    } else if (name == "game_removed") {
      runner.warm.close(event.t_ns, event.id);
      runner.emit.close(event.t_ns, event.id);
      runner.emitting_when_frozen = false;
    } else if (name == "game_fenced") {
      runner.emit.close(event.t_ns, event.id);
      runner.emitting_when_frozen = false;
    } else if (name == "game_unfenced" || (name == "signal_emitted" && !runner.emit.is_open())) {
      // A shard without leases never says that it may emit: its first signal does.
      runner.label = label(event);
      runner.emit.change(event.t_ns, event.id, "emit", runner.label);
    }
  }

  static std::string label(const RecordedEvent& event) {
    std::string text(event.text("shard"));
    for (const RecordedField& field : event.fields) {
      const auto* epoch = std::get_if<std::uint64_t>(&field.value);
      if (field.name == "epoch" && epoch != nullptr)
        text += " e" + std::to_string(*epoch);
    }
    return text;
  }

  // Faults and alerts.

  static std::string episode_name(const RecordedEvent& event) {
    const bool fault = event.event.starts_with("fault_");
    std::string name(event.text(fault ? "fault" : "type"));
    const std::string_view subject = event.text(fault ? "target" : "subject");
    if (!subject.empty())
      name += ' ' + std::string(subject);
    return name;
  }

  static std::string episode_group(const RecordedEvent& event) {
    return event.event.starts_with("fault_") ? "faults" : "alerts";
  }

  void begin_episode(const RecordedEvent& event) {
    const std::string name = episode_name(event);
    episodes_[{episode_group(event), name}].push_back(
        {event.t_ns, model_.to_ns, episode_group(event) == "faults" ? "fault" : "alert", name,
         event.id, EventId()});
  }

  void end_episode(const RecordedEvent& event) {
    // The oldest open episode of that name ends first, but one that is named as the cause goes before.
    auto& episodes = episodes_[{episode_group(event), episode_name(event)}];
    auto open = std::ranges::find_if(episodes, [&event](const Band& band) {
      return band.end.none() && band.begin == event.cause;
    });
    if (open == episodes.end()) {
      open = std::ranges::find_if(episodes, [](const Band& band) { return band.end.none(); });
    }
    if (open == episodes.end())
      return;
    open->to_ns = event.t_ns;
    open->end = event.id;
  }

  // The result.

  void add_lane(std::string group, std::string title, std::string kind, std::vector<Band> bands) {
    if (!bands.empty()) {
      model_.lanes.push_back(
          {std::move(group), std::move(title), std::move(kind), std::move(bands)});
    }
  }

  void add_episodes(const std::string& group) {
    std::vector<Band> bands;
    for (auto& [key, episodes] : episodes_) {
      if (key.first == group)
        std::ranges::move(episodes, std::back_inserter(bands));
    }
    std::ranges::move(pack(std::move(bands), group, group == "faults" ? "fault" : "alert"),
                      std::back_inserter(model_.lanes));
  }

  void add_node(const std::string& node) {
    add_lane(node, "process", "process", process_[node].finish(model_.to_ns));
    add_lane(node, "status", "status", status_[node].finish(model_.to_ns));
    for (auto& [key, track] : links_) {
      if (key.first == node)
        add_lane(node, key.second, "link", track.finish(model_.to_ns));
    }
    for (auto& [key, track] : modes_) {
      if (key.first == node)
        add_lane(node, key.second, "mode", track.finish(model_.to_ns));
    }
  }

  void add_game(const std::string& game) {
    std::vector<Band> bands = owners_[game].finish(model_.to_ns);
    std::vector<Band> emits;
    for (auto& [key, runner] : runners_) {
      if (key.first != game)
        continue;
      std::ranges::move(runner.warm.finish(model_.to_ns), std::back_inserter(bands));
      std::ranges::move(runner.emit.finish(model_.to_ns), std::back_inserter(emits));
    }
    std::ranges::move(overlaps(emits), std::back_inserter(bands));
    std::ranges::move(emits, std::back_inserter(bands));
    // In the order of drawing: what matters most comes last and stays visible.
    std::ranges::sort(bands, {}, [](const Band& band) {
      return std::tuple(game_rank(band.kind), band.from_ns, band.begin.value());
    });
    add_lane("games", game, "game", std::move(bands));
  }

  void finish() {
    add_episodes("faults");
    add_episodes("alerts");
    nodes_.erase("");
    model_.nodes.assign(nodes_.begin(), nodes_.end());
    std::ranges::sort(model_.nodes, [](const std::string& a, const std::string& b) {
      const auto rank = [](const std::string& node) {
        return node.starts_with("orchestrator") ? 0 : node.starts_with("shard") ? 1 : 2;
      };
      return rank(a) != rank(b) ? rank(a) < rank(b) : natural_less(a, b);
    });
    for (const std::string& node : model_.nodes) {
      add_node(node);
    }
    std::vector<std::string> games(games_.begin(), games_.end());
    std::ranges::sort(games, natural_less);
    for (const std::string& game : games) {
      add_game(game);
    }
    model_.owners.assign(shards_.begin(), shards_.end());
    std::ranges::sort(model_.owners, natural_less);
  }

  const EventFile& file_;
  TimelineModel model_;
  std::set<std::string> nodes_;
  std::set<std::string> shards_;
  std::set<std::string> games_;
  std::map<std::string, std::int64_t> last_seen_;
  std::map<std::string, std::int64_t> started_;
  std::map<std::string, Track> process_;
  std::map<std::string, Track> status_;
  std::map<std::string, Track> owners_;
  std::map<Pair, Track> links_;                 // (node, role)
  std::map<Pair, Track> modes_;                 // (node, mode)
  std::map<Pair, Runner> runners_;              // (game, shard)
  std::map<Pair, std::vector<Band>> episodes_;  // (group, name)
};

}  // namespace

TimelineModel make_timeline_model(const EventFile& file) { return Builder(file).build(); }

}  // namespace arbees::sim
