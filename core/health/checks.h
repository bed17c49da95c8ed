#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "core/health/status.h"

namespace arbees {

/// What one heartbeat finds wrong with its sender, by the name of the check, and how bad it makes it
/// (degraded or unhealthy). Empty: all is well.
using Findings = std::map<std::string, Status>;

/// What a sender reports of itself and what its checks imply are two inputs of one judgement: in the
/// existing system they overwrite each other in turn, so that a shard whose ESPN is down flaps for ever
/// (M8). A failing check makes it degraded; one that its kind cannot do without, unhealthy. A word that
/// no check explains is a finding of its own.
///
/// Such a check that is missing among others counts as failing. Without any check the word alone counts,
/// and without both it is well: the oldest shards say neither.
///
/// `critical`: the checks its kind cannot do without (orchestrator/service_types.h).
[[nodiscard]] Findings findings_of(std::span<const std::string_view> critical,
                                   std::string_view reported,
                                   const std::map<std::string, bool>& checks);

/// The names, separated by commas.
[[nodiscard]] std::string names_of(const Findings& findings);

}  // namespace arbees
