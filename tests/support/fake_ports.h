#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/assert.h"
#include "core/ports/ports.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_events.h"
#include "tests/support/fake_transport.h"

namespace arbees::testing {

/// Draws what the test queued, then a fixed sequence (splitmix64) that depends on the seed alone.
class FakeEntropy final : public Entropy {
 public:
  explicit FakeEntropy(std::uint64_t seed = 1) : state_(seed) {}

  void queue(std::uint64_t draw) { queued_.push_back(draw); }
  [[nodiscard]] std::uint64_t next() override {
    ++draws_;
    if (!queued_.empty()) {
      const std::uint64_t draw = queued_.front();
      queued_.pop_front();
      return draw;
    }
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31U);
  }
  [[nodiscard]] std::uint64_t draws() const { return draws_; }

 private:
  std::uint64_t state_;
  std::deque<std::uint64_t> queued_;
  std::uint64_t draws_ = 0;
};

/// Keeps the calls; the test answers them, in order, when it likes.
class FakeStore final : public Store {
 public:
  void load(Loaded done) override { loads_.push_back(std::move(done)); }
  void commit(StoreBatch batch, Committed done) override {
    batches_.push_back(std::move(batch));
    commits_.push_back(std::move(done));
  }
  [[nodiscard]] bool durable() const override { return durable_; }
  [[nodiscard]] bool remembers_all() const override { return durable_; }

  [[nodiscard]] std::size_t waiting_loads() const { return loads_.size(); }
  [[nodiscard]] std::size_t waiting_commits() const { return commits_.size(); }
  /// Every batch ever handed over.
  [[nodiscard]] const std::vector<StoreBatch>& batches() const { return batches_; }
  void set_durable(bool durable) { durable_ = durable; }

  void answer_load(std::expected<StoreImage, StoreError> result) {
    take(loads_)(std::move(result));
  }
  void answer_commit(std::expected<void, StoreError> result = {}) {
    take(commits_)(std::move(result));
  }

 private:
  template <class Call>
  static Call take(std::deque<Call>& calls) {
    ensure(!calls.empty(), "only a call that was made can be answered");
    Call call = std::move(calls.front());
    calls.pop_front();
    return call;
  }

  std::deque<Loaded> loads_;
  std::deque<Committed> commits_;
  std::vector<StoreBatch> batches_;
  bool durable_ = true;
};

struct FakeSignalFeed final : SignalFeed {
  struct Published {
    Signal signal;
    EventId cause;
  };
  void publish(const Signal& signal, EventId cause) override {
    published.push_back({signal, cause});
  }

  std::vector<Published> published;
};

/// Remembers the first request to end.
struct FakeProcess final : Process {
  void exit(ExitCode code, std::string_view why) override {
    if (!ended.has_value()) {
      ended = code;
      reason = why;
    }
  }

  std::optional<ExitCode> ended;
  std::string reason;
};

/// Every port driven by hand: nothing happens in the core's world unless the test does it.
struct FakePorts {
  FakeClock clock;
  FakeTransport transport;
  FakeStore store;
  FakeEntropy entropy;
  FakeSignalFeed signals;
  FakeEvents events;
  FakeProcess process;
  Ports ports{clock, transport, store, entropy, signals, events, process};

  FakePorts() = default;
  FakePorts(const FakePorts&) = delete;
  FakePorts& operator=(const FakePorts&) = delete;
};

}  // namespace arbees::testing
