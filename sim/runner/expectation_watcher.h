#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "sim/engine/recorder.h"
#include "sim/scenario/scenario.h"

namespace arbees::sim {

/// When each fault of a run began and ended, by its name, in the order of time.
struct FaultMoments {
  std::vector<SimTime> started;
  std::vector<SimTime> healed;
  std::vector<EventId>
      ids;  ///< the FaultStarted of each of its parts; none: it is no fault of the world
};
using FaultTimes = std::map<std::string, FaultMoments, std::less<>>;

struct ExpectationResult {
  std::string text;
  bool applies = true;  ///< false: not with the parameters of this run
  bool met = false;
  std::string detail;  ///< what was seen instead; empty if met
};

/// Collects the events that the expectations of a run speak of, and judges them after the run.
class ExpectationWatcher final : public Observer {
 public:
  /// `expectations` must outlive the watcher.
  explicit ExpectationWatcher(std::span<const Expectation> expectations);

  void observe(const SimEnvelope& event) override;
  /// The results in the order of the expectations; those about metrics are left unmet, for the caller.
  [[nodiscard]] std::vector<ExpectationResult> judge(const FaultTimes& faults) const;

 private:
  /// An event that matches a pattern.
  struct Hit {
    SimTime time;
    std::uint64_t order;            ///< among all events of the run
    std::string element;            ///< the field that a ForEach compares
    std::vector<std::string> list;  ///< the list that a ForEach goes through
  };
  struct Watch {
    const EventPattern* pattern;
    std::string_view element_field;
    std::string_view list_field;
    std::vector<Hit> hits;
  };
  /// A moment that a window is counted from.
  struct Start {
    SimTime time;
    std::uint64_t order;
    const std::vector<std::string>* list;
  };
  /// Which watches belong to an expectation about events.
  struct Use {
    std::size_t events;
    std::size_t reference;
  };
  static constexpr std::size_t no_watch = SIZE_MAX;

  std::size_t add_watch(const EventPattern& pattern, std::string_view element_field,
                        std::string_view list_field);
  [[nodiscard]] std::vector<Start> starts(const EventExpectation& expected, const Use& use,
                                          const FaultTimes& faults) const;
  [[nodiscard]] std::string judge(const EventExpectation& expected, const Use& use,
                                  const FaultTimes& faults) const;
  [[nodiscard]] std::string judge_from(const EventExpectation& expected, const Use& use,
                                       const Start& start, const std::string* element) const;

  std::span<const Expectation> expectations_;
  std::vector<Watch> watches_;
  std::vector<Use> uses_;  ///< by expectation
  /// Looked up by the address of a static object, never iterated.
  std::unordered_map<const EventType*, std::vector<std::size_t>> by_type_;
  std::uint64_t seen_ = 0;
};

}  // namespace arbees::sim
