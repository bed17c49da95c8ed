#pragma once

#include <map>
#include <string>
#include <vector>

#include "sim/report/event_file.h"

namespace arbees::real {

/// One change of a subject's state, without what two runs of the same incident cannot share: times,
/// random identities, words of the operating system.
struct Change {
  std::string what;   ///< the event and its fields: "game_assigned shard=shard-1 reason=first"
  std::string cause;  ///< subject and event of the nearest change that led to it, or "nothing"

  bool operator==(const Change&) const = default;
};

/// What happened to whom: for each subject ("shard shard-1", "game game-7", "link shard-2 publisher",
/// "alert SHARD_DEAD shard-1", "orchestrator") its changes in their order.
using Story = std::map<std::string, std::vector<Change>>;

/// Tells the story of a fleet's events, which may come from one simulated world or from the merged files
/// of many processes. Causes are followed through all of them, over events that are no changes.
[[nodiscard]] Story story_of(const sim::EventFile& events);

/// Changes of all subjects together.
[[nodiscard]] std::size_t changes(const Story& story);

/// For each subject whose changes differ, a text that shows the first difference; empty: the stories are
/// the same.
[[nodiscard]] std::vector<std::string> differences(const Story& expected, const Story& actual);

}  // namespace arbees::real
