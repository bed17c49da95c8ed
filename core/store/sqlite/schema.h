#pragma once

#include <string>

namespace arbees::sqlite {

class Database;

/// Brings the file to the format this program writes. What forbids using it, for people; empty: nothing.
/// Throws Error.
[[nodiscard]] std::string migrate(Database& database);

}  // namespace arbees::sqlite
