#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "core/ports/clock.h"
#include "core/ports/store.h"

namespace arbees::sim {

/// The store of a node that has none: it answers every call, always with `unavailable`.
class NoStore final : public Store {
 public:
  explicit NoStore(Clock& clock);

  void load(Loaded done) override;
  void commit(StoreBatch batch, Committed done) override;
  bool durable() const override { return false; }
  bool remembers_all() const override { return false; }

 private:
  void answer_later(std::function<void()> answer);

  Clock& clock_;
  std::vector<std::function<void()>> answers_;
  std::unique_ptr<Timer> turn_;
};

}  // namespace arbees::sim
