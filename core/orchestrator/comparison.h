#pragma once

#include "core/orchestrator/desk.h"
#include "core/wire/heartbeat.h"

namespace arbees {

/// Looks for what a shard's beat says that does not fit us: settings of which one alone is fine
/// (ownership.md 6, relations that span processes), and its wall clock. For people only: nothing is
/// decided by it. They hear of it when it changes.
void compare_with_ours(const Desk& desk, Shard& shard, const wire::Heartbeat& beat, EventId heard);

}  // namespace arbees
