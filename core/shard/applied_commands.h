#pragma once

#include <algorithm>
#include <set>

#include "core/wire/heartbeat.h"

namespace arbees {

/// Which commands of the present term were applied (ownership.md 3.4).
class AppliedCommands {
 public:
  /// A new term counts anew: command 1 of term 4 is not applied because command 14 of term 3 was (C2).
  void begin_term(Term term) {
    term_ = term;
    watermark_ = CommandSeq{};
    above_.clear();
  }

  [[nodiscard]] bool contains(CommandSeq seq) const {
    return seq <= watermark_ || above_.contains(seq);
  }

  void add(CommandSeq seq) {
    if (!contains(seq)) {
      above_.insert(seq);
    }
    absorb();
  }

  /// Numbers below the floor will never come again: gaps there are no gaps (ownership.md 3.4).
  void lift(CommandSeq floor) {
    if (floor.value() > watermark_.value() + 1) {
      watermark_ = CommandSeq(floor.value() - 1);
      above_.erase(above_.begin(), above_.upper_bound(watermark_));
    }
    absorb();
  }

  [[nodiscard]] wire::Applied report() const {
    return {term_, watermark_, {above_.begin(), above_.end()}};
  }

 private:
  void absorb() {
    while (!above_.empty() && *above_.begin() == watermark_.next()) {
      watermark_ = *above_.begin();
      above_.erase(above_.begin());
    }
  }

  Term term_;
  CommandSeq watermark_;
  std::set<CommandSeq> above_;
};

}  // namespace arbees
