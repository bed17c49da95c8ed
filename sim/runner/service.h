#pragma once

#include <memory>

#include "core/ports/ports.h"
#include "sim/scenario/service_kinds.h"

namespace arbees::sim {

/// A service of that kind, for a node of a simulated fleet: a client of Redis that is not ours and, unlike
/// ours, writes keys. Every 10 seconds it publishes its heartbeat and sets a key that ends 35 seconds
/// later; it connects again when its connection breaks. `kind` must outlive it.
[[nodiscard]] std::unique_ptr<Program> make_service(Ports& ports, const ServiceKind& kind,
                                                    Endpoint redis);

}  // namespace arbees::sim
