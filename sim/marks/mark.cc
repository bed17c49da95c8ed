#include "sim/marks/mark.h"

namespace arbees::sim {
namespace {

std::vector<MarkRow>& registry() {
  static std::vector<MarkRow> rows;
  return rows;
}

}  // namespace

std::span<const MarkRow> mark_rows() { return registry(); }

std::size_t register_mark(std::string_view text, Rarity rarity) {
  registry().push_back({text, rarity});
  return registry().size() - 1;
}

}  // namespace arbees::sim
