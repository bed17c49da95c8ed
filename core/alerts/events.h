#pragma once

#include <string>
#include <vector>

#include "core/alerts/catalogue.h"
#include "core/events/event.h"

namespace arbees {

// The life of an alert: pending -> raised -> (acknowledged) -> resolved. What people are told of it is
// another matter (AlertNotified): alerts are grouped, hidden behind their cause, and held back.

/// The condition of an alert holds; it is raised if it still does after `wait`.
struct AlertPending {
  static constexpr std::string_view name = "alert_pending";
  static constexpr Severity severity = Severity::debug;
  std::string type;
  std::string subject;
  std::string text;
  Duration wait;

  void visit(FieldVisitor& v) const {
    v("type", type), v("subject", subject), v("text", text), v("wait", wait);
  }
};

/// A pending alert's condition ended before it was raised.
struct AlertPassed {
  static constexpr std::string_view name = "alert_passed";
  static constexpr Severity severity = Severity::debug;
  std::string type;
  std::string subject;
  Duration lasted;

  void visit(FieldVisitor& v) const { v("type", type), v("subject", subject), v("lasted", lasted); }
};

/// An alert is open: at most one per (type, subject) at a time.
struct AlertRaised {
  static constexpr std::string_view name = "alert_raised";
  static constexpr Severity severity = Severity::critical;
  std::string type;
  std::string subject;
  std::string text;
  AlertLevel level = AlertLevel::critical;

  void visit(FieldVisitor& v) const {
    v("type", type), v("subject", subject), v("text", text), v("level", level);
  }
};

/// An open alert says something else now. Nobody is woken for it.
struct AlertUpdated {
  static constexpr std::string_view name = "alert_updated";
  static constexpr Severity severity = Severity::info;
  std::string type;
  std::string subject;
  std::string text;

  void visit(FieldVisitor& v) const { v("type", type), v("subject", subject), v("text", text); }
};

/// Somebody has it in hand.
struct AlertAcknowledged {
  static constexpr std::string_view name = "alert_acknowledged";
  static constexpr Severity severity = Severity::info;
  std::string type;
  std::string subject;
  std::string who;

  void visit(FieldVisitor& v) const { v("type", type), v("subject", subject), v("who", who); }
};

/// The alert is over: its condition has ended, and not come back for as long as its type asks. As loud
/// as its beginning: who reads of one must read of the other.
struct AlertResolved {
  static constexpr std::string_view name = "alert_resolved";
  static constexpr Severity severity = Severity::critical;
  std::string type;
  std::string subject;
  Duration lasted;
  bool confirmed =
      true;  ///< false: raised by an earlier process, and nobody noticed it again since

  void visit(FieldVisitor& v) const {
    v("type", type), v("subject", subject), v("lasted", lasted), v("confirmed", confirmed);
  }
};

/// An alert of an earlier process is open still: people know of it and are not told again.
struct AlertRestored {
  static constexpr std::string_view name = "alert_restored";
  static constexpr Severity severity = Severity::info;
  std::string type;
  std::string subject;
  std::string acknowledged_by;
  Duration age;

  void visit(FieldVisitor& v) const {
    v("type", type), v("subject", subject), v("acknowledged_by", acknowledged_by), v("age", age);
  }
};

/// Nobody is told of an alert while another one, from which it follows, is open.
struct AlertInhibited {
  static constexpr std::string_view name = "alert_inhibited";
  static constexpr Severity severity = Severity::info;
  std::string type;
  std::string subject;
  std::string by;

  void visit(FieldVisitor& v) const { v("type", type), v("subject", subject), v("by", by); }
};

/// People are told, of all subjects of one type in one message.
struct AlertNotified {
  static constexpr std::string_view name = "alert_notified";
  static constexpr Severity severity = Severity::info;
  std::string sink;
  std::string type;
  std::string state;  ///< firing, resolved
  std::vector<std::string> subjects;
  std::uint64_t held_back = 0;  ///< alerts that this sink did not get since its last message

  void visit(FieldVisitor& v) const {
    const std::vector<std::string_view> views(subjects.begin(), subjects.end());
    v("sink", sink), v("type", type), v("state", state);
    v.texts("subjects", views);
    v("held_back", held_back);
  }
};

/// A sink has got as many messages as it is allowed to; these alerts are told later, if they last.
struct AlertHeldBack {
  static constexpr std::string_view name = "alert_held_back";
  static constexpr Severity severity = Severity::warning;
  std::string sink;
  std::string type;
  std::uint64_t count = 0;

  void visit(FieldVisitor& v) const { v("sink", sink), v("type", type), v("count", count); }
};

/// Alerting works: said at a fixed pace, so that somebody outside can notice when it is not.
struct AlertingAlive {
  static constexpr std::string_view name = "alerting_alive";
  static constexpr Severity severity = Severity::debug;
  std::uint64_t open = 0;

  void visit(FieldVisitor& v) const { v("open", open); }
};

}  // namespace arbees
