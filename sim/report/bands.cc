#include "sim/report/bands.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace arbees::sim {
namespace {

void sort_by_start(std::vector<Band>& bands) {
  std::ranges::sort(bands, {},
                    [](const Band& band) { return std::pair(band.from_ns, band.begin.value()); });
}

}  // namespace

void Track::change(std::int64_t t_ns, EventId event, std::string kind, std::string label) {
  close(t_ns, event);
  open_ = Band{t_ns, t_ns, std::move(kind), std::move(label), event, EventId()};
}

void Track::close(std::int64_t t_ns, EventId event) {
  if (open_ && open_->from_ns < t_ns) {
    open_->to_ns = t_ns;
    open_->end = event;
    bands_.push_back(std::move(*open_));
  }
  open_.reset();
}

std::vector<Band> Track::finish(std::int64_t t_ns) {
  close(t_ns, EventId());
  return std::exchange(bands_, {});
}

std::vector<Lane> pack(std::vector<Band> bands, const std::string& group, const std::string& kind) {
  sort_by_start(bands);
  std::vector<Lane> lanes;
  for (Band& band : bands) {
    auto lane = std::ranges::find_if(lanes, [&band](const Lane& candidate) {
      return candidate.bands.back().to_ns <= band.from_ns;
    });
    if (lane == lanes.end()) {
      lanes.push_back({group, lanes.empty() ? group : "", kind, {}});
      lane = std::prev(lanes.end());
    }
    lane->bands.push_back(std::move(band));
  }
  return lanes;
}

std::vector<Band> overlaps(std::vector<Band> bands) {
  sort_by_start(bands);
  std::vector<Band> doubled;
  for (std::size_t i = 0; i < bands.size(); ++i) {
    for (std::size_t j = i + 1; j < bands.size() && bands[j].from_ns < bands[i].to_ns; ++j) {
      const bool first_ends = bands[i].to_ns <= bands[j].to_ns;
      doubled.push_back({bands[j].from_ns, std::min(bands[i].to_ns, bands[j].to_ns), "double",
                         bands[i].label + " + " + bands[j].label, bands[j].begin,
                         first_ends ? bands[i].end : bands[j].end});
    }
  }
  return doubled;
}

}  // namespace arbees::sim
