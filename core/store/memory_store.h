#pragma once

#include <deque>
#include <functional>
#include <memory>

#include "core/ports/clock.h"
#include "core/ports/store.h"

namespace arbees {

/// A store that keeps its image in memory given from outside: of a simulated disk, which outlives the
/// process, or of a production process whose state ends with it.
class MemoryStore final : public Store {
 public:
  /// `latency` passes between a call and its completion. `image` and `clock` must outlive the store.
  MemoryStore(StoreImage& image, Clock& clock, bool durable, Duration latency = Duration{0});

  void load(Loaded done) override;
  void commit(StoreBatch batch, Committed done) override;
  [[nodiscard]] bool durable() const override { return durable_; }
  [[nodiscard]] bool remembers_all() const override { return durable_; }

 private:
  struct Pending {
    MonoTime due;
    std::function<void()> complete;
  };

  void enqueue(std::function<void()> complete);
  void complete_next();

  StoreImage& image_;
  Clock& clock_;
  bool durable_;
  Duration latency_;
  std::deque<Pending> pending_;
  std::unique_ptr<Timer> timer_;
};

/// Applies a batch to an image, or says why it must not be applied.
[[nodiscard]] std::expected<void, StoreError> apply(const StoreBatch& batch, StoreImage& image);

}  // namespace arbees
