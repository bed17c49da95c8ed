#pragma once

#include "core/ports/transport.h"

namespace arbees::prod {

/// What an errno of a socket means for the core. `connected`: the stream worked before.
[[nodiscard]] CloseReason close_reason(int error, bool connected);

}  // namespace arbees::prod
