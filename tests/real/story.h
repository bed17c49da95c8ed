#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "sim/report/event_file.h"

namespace arbees::real {

/// One change of a subject's state, without what two runs of the same incident cannot share: times,
/// random identities, words of the operating system.
struct Change {
  std::string what;  ///< the event and its fields: "game_assigned shard=shard-1 reason=first"
  /// Subject and event of the nearest change that led to it ("link shard-1 publisher: link_ready"), or
  /// "nothing". Several if stories that differ only in this were joined.
  std::set<std::string> causes;
};

/// What happened to whom, as who recorded it: for each pair like "game game-7 @orchestrator" the changes
/// in their order. The subjects are shards, games, links, alerts and the orchestrator itself. What two
/// processes record of one subject has no order but that of causes: nothing ties their clocks together.
using Story = std::map<std::string, std::vector<Change>>;

/// Tells the story of a fleet's events, which may come from one simulated world or from the files of many
/// processes. Causes are followed through all of them, over events that are no changes.
[[nodiscard]] Story story_of(const sim::EventFile& events);

/// Changes of all subjects together.
[[nodiscard]] std::size_t changes(const Story& story);

/// For each subject whose changes differ, a text that shows the first difference; empty: `actual` is the
/// expected story. Its causes must be among those expected.
[[nodiscard]] std::vector<std::string> differences(const Story& expected, const Story& actual);

/// The same story told again may name other causes: of two links that come back, or of four orders that
/// one heartbeat answers, any may be the one that counts. Adds those of `other`, which must be the
/// same story otherwise.
void join_causes(Story& story, const Story& other);

}  // namespace arbees::real
