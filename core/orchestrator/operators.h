#pragma once

#include <expected>
#include <map>
#include <optional>
#include <string>

#include "core/orchestrator/death_watch.h"
#include "core/orchestrator/desk.h"
#include "core/orchestrator/operator_order.h"

namespace arbees {

/// Carries out what operators ask for: says so in an event and in the audit, and remembers it in the store.
class Operators {
 public:
  Operators(const Desk& desk, DeathWatch& deaths) : desk_(desk), deaths_(deaths) {}

  /// Takes up what was asked for before this term.
  void begin(const StoreImage& image, EventId cause);
  std::expected<void, std::string> obey(const OperatorOrder& order);

  /// Notices drains that are over or late, and pauses that were forgotten.
  void advance(MonoTime now);
  [[nodiscard]] std::optional<MonoTime> deadline() const;

 private:
  using Outcome = std::expected<void, std::string>;
  struct Drain {
    MonoTime late_at;
    MonoTime noted_at;  ///< when what is left of it was last written down
    EventId cause;
    bool stuck = false;
    bool done = false;
  };

  Outcome carry_out(const OperatorOrder& order, EventId cause);
  Outcome mark(Shard& shard, const OperatorOrder& order, EventId cause);
  Outcome resync(Shard& shard, const OperatorOrder& order, EventId cause);
  Outcome move(const OperatorOrder& order, EventId cause);
  void audit(const OperatorOrder& order, const std::string& before, EventId cause);
  void check_drain(const ShardId& id, Drain& drain, MonoTime now);
  void check_pause(MonoTime now);

  Desk desk_;
  DeathWatch& deaths_;
  std::map<ShardId, Drain> drains_;
};

}  // namespace arbees
