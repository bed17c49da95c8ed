#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "core/alerts/events.h"
#include "core/base/time.h"

namespace arbees {

/// Which alerts are open: at most one per (type, subject).
class AlertBook {
 public:
  /// The event to record, or nothing if that alert is open already.
  std::optional<AlertRaised> raise(std::string type, std::string subject, std::string text,
                                   MonoTime now) {
    if (!open_.try_emplace({type, subject}, now).second) {
      return std::nullopt;
    }
    return AlertRaised{std::move(type), std::move(subject), std::move(text)};
  }

  /// The event to record, or nothing if no such alert is open.
  std::optional<AlertResolved> resolve(const std::string& type, const std::string& subject,
                                       MonoTime now) {
    const auto found = open_.find({type, subject});
    if (found == open_.end()) {
      return std::nullopt;
    }
    const Duration lasted = now - found->second;
    open_.erase(found);
    return AlertResolved{type, subject, lasted};
  }

  [[nodiscard]] bool open(const std::string& type, const std::string& subject) const {
    return open_.contains({type, subject});
  }

 private:
  std::map<std::pair<std::string, std::string>, MonoTime> open_;
};

}  // namespace arbees
