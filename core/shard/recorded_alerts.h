#pragma once

#include <optional>
#include <string>

#include "core/alerts/alert_book.h"
#include "core/ports/ports.h"

namespace arbees {

/// A shard's alerts. Recorded, not published: what a shard alerts about is mostly that Redis does not
/// reach it. The host writes them to the log and to a file.
class RecordedAlerts {
 public:
  explicit RecordedAlerts(Ports& ports) : ports_(ports) {}

  void raise(const std::string& type, const std::string& subject, const std::string& text) {
    record_all(book_.raise(type, subject, text, EventId{}, ports_.clock.now()));
  }
  void notice(const std::string& type, const std::string& subject, const std::string& text) {
    record_all(book_.notice(type, subject, text, EventId{}, ports_.clock.now()));
  }
  void resolve(const std::string& type, const std::string& subject, EventId cause) {
    record_all(book_.resolve(type, subject, cause, ports_.clock.now()));
  }
  void advance(MonoTime now) { record_all(book_.advance(now)); }
  [[nodiscard]] std::optional<MonoTime> deadline() const { return book_.deadline(); }

 private:
  void record_all(const AlertChanges& changes) {
    for (const AlertChange& change : changes) {
      record(ports_.events, change);
    }
  }

  Ports& ports_;
  AlertBook book_;
};

}  // namespace arbees
