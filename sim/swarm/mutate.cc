#include "sim/swarm/mutate.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "sim/scenario/document_text.h"
#include "sim/scenario/span.h"
#include "sim/swarm/episode.h"

namespace arbees::sim {
namespace {

constexpr Duration earliest = seconds{5};
constexpr Duration close = seconds{3};
constexpr Duration shortest_episode = milliseconds{100};

/// The schedule of one run while it is changed.
class Mutation {
 public:
  Mutation(SwarmDraw& draw, Duration active, Stream& draws)
      : draw_(draw), active_(active), draws_(draws) {}

  void change_something() {
    switch (draws_.between(0, 4)) {
      case 0: bring_close(); break;
      case 1: stretch(); break;
      case 2: repeat(); break;
      case 3: drop(); break;
      default: replace(); break;
    }
  }

  /// Leaves out what the policy does not allow any more.
  void apply_policy() {
    std::vector<PlannedEpisode> accepted;
    std::vector<Value> kept;
    for (Value& fault : draw_.episodes) {
      const PlannedEpisode episode = planned(fault, time_of(fault), draw_.shards);
      const std::string why = refusal(episode, accepted, draw_.stable, draw_.shards);
      if (why.empty()) {
        accepted.push_back(episode);
        kept.push_back(std::move(fault));
      } else {
        draw_.refused.push_back(fault.find("name")->text + ": " + why);
      }
    }
    draw_.episodes = std::move(kept);
  }

 private:
  std::size_t any() {
    return static_cast<std::size_t>(
        draws_.between(0, static_cast<std::int64_t>(draw_.episodes.size()) - 1));
  }

  Duration anywhere() {
    return draws_.between({earliest, active_ - seconds{1}}) / milliseconds{100} * milliseconds{100};
  }

  void set_time(Value& fault, EpisodeTime time) const {
    time.start = std::clamp<Duration>(time.start, earliest, active_ - seconds{1});
    time.length = std::min(time.length, active_ - time.start);
    set_member(fault, "at", text_value(span_text(time.start)));
    if (find_member(fault, "for") != nullptr) {
      set_member(fault, "for", text_value(span_text(std::max(time.length, shortest_episode))));
    }
  }

  std::string new_name(const std::string& kind) { return kind + "-x" + std::to_string(++named_); }

  void bring_close() {
    const EpisodeTime other = time_of(draw_.episodes[any()]);
    Value& fault = draw_.episodes[any()];
    EpisodeTime time = time_of(fault);
    time.start = draws_.between({other.start - close, other.start + other.length + close}) /
                 milliseconds{1} * milliseconds{1};
    set_time(fault, time);
  }

  void stretch() {
    Value& fault = draw_.episodes[any()];
    EpisodeTime time = time_of(fault);
    time.length = magnitude(draws_, shortest_episode,
                            std::max<Duration>(active_ - time.start, shortest_episode * 2));
    set_time(fault, time);
  }

  void repeat() {
    Value fault = draw_.episodes[any()];
    set_member(fault, "name", text_value(new_name(fault.find("fault")->text)));
    const Duration start = anywhere();
    set_time(fault, {start, time_of(fault).length});
    draw_.episodes.push_back(std::move(fault));
  }

  void drop() {
    if (draw_.episodes.size() > 1) {
      draw_.episodes.erase(draw_.episodes.begin() + static_cast<std::ptrdiff_t>(any()));
    }
  }

  void replace() {
    const auto index = static_cast<std::size_t>(
        draws_.between(0, static_cast<std::int64_t>(draw_.kinds.size()) - 1));
    const FaultRow& row = *draw_.kinds[index].row;
    Value& old = draw_.episodes[any()];
    const std::string name = new_name(std::string(row.name));
    auto fault = draw_episode(row, name, time_of(old), draw_.shards, draws_);
    if (fault) {
      const EpisodeTime time = time_of(*fault);
      set_time(*fault, {time.start, std::max(time.length, shortest_episode)});
      old = std::move(*fault);
    }
  }

  SwarmDraw& draw_;
  Duration active_;
  Stream& draws_;
  int named_ = 0;
};

}  // namespace

void mutate_schedule(SwarmDraw& draw, const Scenario& profile, std::uint64_t mutation) {
  if (draw.episodes.empty()) {
    return;
  }
  Streams streams(draw.seed);
  Stream& draws = streams.get("swarm:mutation:" + std::to_string(mutation));
  Mutation change(draw, profile.duration - profile.swarm->calm, draws);
  const std::int64_t changes = draws.between(1, 3);
  for (std::int64_t i = 0; i < changes; ++i) {
    change.change_something();
  }
  change.apply_policy();
}

}  // namespace arbees::sim
