#include "core/shard/allegiance.h"

#include <algorithm>

namespace arbees {

std::string_view to_string(Objection objection) {
  switch (objection) {
    case Objection::other_process: return "for another process of this shard";
    case Objection::without_term: return "without a term";
    case Objection::earlier_term: return "of an earlier term";
    case Objection::rival: return "of another orchestrator in the same term";
  }
  return "unknown";
}

std::optional<Objection> Allegiance::objection(const wire::Office& office,
                                               const wire::Addressee& to) const {
  if (!to.boot.none() && to.boot != boot_) {
    return Objection::other_process;
  }
  if (office.term.none()) {
    return sworn() ? std::optional(Objection::without_term) : std::nullopt;
  }
  if (office.term < office_.term) {
    return Objection::earlier_term;
  }
  if (office.term == office_.term && office.instance != office_.instance) {
    return Objection::rival;
  }
  return std::nullopt;
}

bool Allegiance::superseded_by(const wire::Office& office, const wire::Addressee& to) const {
  const bool speaks_for_us = office.term >= office_.term;
  return speaks_for_us && !to.boot.none() && to.boot != boot_ && !generation_.none() &&
         to.generation > generation_;
}

bool Allegiance::follow(const wire::Office& office, const wire::Addressee& to) {
  if (to.boot == boot_) {
    generation_ = std::max(generation_, to.generation);
  }
  if (office.term > office_.term) {
    office_ = office;
    return true;
  }
  return false;
}

}  // namespace arbees
