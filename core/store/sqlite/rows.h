#pragma once

#include <cstddef>
#include <vector>

#include "core/ports/store.h"

namespace arbees::sqlite {

class Database;

// How the tables hold an image. All of these throw Error.

/// Term, reserved epochs: all of the image that a commit must know.
[[nodiscard]] StoreImage load_office(Database& database);
[[nodiscard]] StoreImage load_image(Database& database);
/// Writes what the batch changes; `stored` is the office before it.
void put_batch(Database& database, const StoreBatch& batch, const StoreImage& stored);

/// The newest rows of the audit, oldest first.
[[nodiscard]] std::vector<AuditRow> load_audit(Database& database, std::size_t newest);

}  // namespace arbees::sqlite
