#pragma once

#include <string_view>

namespace arbees {

/// Names the sources this program was built from: 16 hexadecimal digits, the same for every compiler
/// and every checkout of the same files. Comes from the library arbees_build_id, which the core itself
/// does not use: what a program is called is not part of any decision.
[[nodiscard]] std::string_view build_id();

}  // namespace arbees
