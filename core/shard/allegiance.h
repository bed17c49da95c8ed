#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/ids.h"
#include "core/wire/shard_message.h"

namespace arbees {

/// Why a shard does not follow a message.
enum class Objection : std::uint8_t {
  other_process,  ///< it is for another process of this shard
  without_term,   ///< after an orchestrator spoke with one
  earlier_term,
  rival  ///< of another orchestrator in the same term
};

[[nodiscard]] std::string_view to_string(Objection objection);

/// Whom a shard obeys: the highest term it has seen, and who speaks in it (ownership.md 3.3).
class Allegiance {
 public:
  explicit Allegiance(Boot boot) : boot_(boot) {}

  /// The highest term seen, and who speaks in it. Without a term until somebody spoke with one.
  [[nodiscard]] const wire::Office& office() const { return office_; }
  [[nodiscard]] bool sworn() const { return !office_.term.none(); }

  /// Ours, the highest we were told; without one until then. A store that is put back does not know it: we tell.
  [[nodiscard]] Generation generation() const { return generation_; }

  /// Why a message is not followed, or nothing.
  [[nodiscard]] std::optional<Objection> objection(const wire::Office& office,
                                                   const wire::Addressee& to) const;
  /// Another process was given this shard's name: it is the shard now.
  [[nodiscard]] bool superseded_by(const wire::Office& office, const wire::Addressee& to) const;

  /// The highest epoch that somebody in office has used. A store that is put back does not know it: whoever heard of it tells (C8).
  [[nodiscard]] Epoch seen_epoch() const { return seen_epoch_; }
  void hear_epoch(Epoch epoch) { seen_epoch_ = std::max(seen_epoch_, epoch); }

  /// Who asked last what we run. A question binds to nobody.
  [[nodiscard]] const InstanceId& asked_by() const { return asked_by_; }
  void hear_question(const InstanceId& instance) { asked_by_ = instance; }

  /// Obeys an order there was no objection to. True if its term is a new one.
  bool follow(const wire::Office& office, const wire::Addressee& to);

 private:
  Boot boot_;
  Generation generation_;
  wire::Office office_;
  Epoch seen_epoch_;
  InstanceId asked_by_;
};

}  // namespace arbees
