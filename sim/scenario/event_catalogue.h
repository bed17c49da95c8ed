#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/events/event.h"

namespace arbees::sim {

/// A field of an event type, as expectations may ask for it.
struct CatalogueField {
  enum class Kind : std::uint8_t { text, count, flag, duration, moment, texts };
  std::string name;
  Kind kind;
};

struct CatalogueEvent {
  const EventType* type;
  std::vector<CatalogueField> fields;

  [[nodiscard]] const CatalogueField* field(std::string_view name) const;
};

[[nodiscard]] std::string_view to_string(CatalogueField::Kind kind);

/// Every event a simulated run can record, by name.
[[nodiscard]] const std::vector<CatalogueEvent>& event_catalogue();
[[nodiscard]] const CatalogueEvent* find_event(std::string_view name);

}  // namespace arbees::sim
