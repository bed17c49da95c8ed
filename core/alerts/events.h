#pragma once

#include <string>

#include "core/events/event.h"

namespace arbees {

/// An alert is open: at most one per (type, subject) at a time.
struct AlertRaised {
  static constexpr std::string_view name = "alert_raised";
  static constexpr Severity severity = Severity::critical;
  std::string type;
  std::string subject;
  std::string text;

  void visit(FieldVisitor& v) const { v("type", type), v("subject", subject), v("text", text); }
};

struct AlertResolved {
  static constexpr std::string_view name = "alert_resolved";
  static constexpr Severity severity = Severity::info;
  std::string type;
  std::string subject;
  Duration lasted;

  void visit(FieldVisitor& v) const { v("type", type), v("subject", subject), v("lasted", lasted); }
};

}  // namespace arbees
