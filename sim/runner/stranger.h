#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "core/ports/ports.h"
#include "sim/engine/time.h"
#include "sim/runner/hostile_messages.h"
#include "sim/scenario/hostile_kind.h"

namespace arbees::sim {

/// What a stranger publishes, and how often.
struct Hostility {
  std::optional<HostileKind> kind;  ///< none: one drawn each time
  DurationRange every;              ///< drawn between two messages
};

/// The fault that a stranger is there for.
using WhyThere = std::function<EventId()>;

/// A client of Redis that nobody asked for: it publishes one hostile message after the other on the channels our
/// programs read, and listens for what it may say again.
[[nodiscard]] std::unique_ptr<Program> make_stranger(Ports& ports, Endpoint redis,
                                                     HostileMessages messages,
                                                     const Hostility& hostility, WhyThere why);

}  // namespace arbees::sim
