#pragma once

#include <array>
#include <optional>

#include "core/assignment/ledger.h"
#include "core/orchestrator/voice.h"
#include "core/wire/startup_state.h"

namespace arbees {

/// Answers those who have just started and ask what is assigned (docs/wire.md, "Price monitors").
///
/// An answer is heard by every asker of its kind and is as long as there are games: many requests at once
/// get one answer, and a kind gets at most one a second. Askers repeat themselves after 7 s.
class StartupAnswers {
 public:
  StartupAnswers(Ports& ports, Voice& voice, const Ledger& ledger)
      : ports_(ports), voice_(voice), ledger_(ledger), since_(ports.clock.now()) {}

  void ask(wire::Asker asker) { desks_[index(asker)].asked = true; }
  /// Answers what is due. To be called only while it can leave.
  void advance(MonoTime now);
  [[nodiscard]] std::optional<MonoTime> deadline() const;

 private:
  struct Desk {
    bool asked = false;
    MonoTime free_at{};
  };

  static constexpr std::size_t index(wire::Asker asker) { return static_cast<std::size_t>(asker); }
  void answer(wire::Asker asker, MonoTime now);

  Ports& ports_;
  Voice& voice_;
  const Ledger& ledger_;
  MonoTime since_;  ///< what was assigned before is known no better than that
  std::array<Desk, wire::askers.size()> desks_;
};

}  // namespace arbees
