#include "sim/node/no_store.h"

#include <utility>

namespace arbees::sim {
namespace {

std::unexpected<StoreError> refusal() {
  return std::unexpected(
      StoreError{.failure = StoreFailure::unavailable, .detail = "this node has no store"});
}

}  // namespace

NoStore::NoStore(Clock& clock)
    : clock_(clock), turn_(clock.make_timer([this] {
        std::function<void()> answer = std::move(answers_.front());
        answers_.erase(answers_.begin());
        if (!answers_.empty()) {
          turn_->arm(clock_.now());
        }
        answer();
      })) {}

void NoStore::load(Loaded done) {
  answer_later([done = std::move(done)] { done(refusal()); });
}

void NoStore::commit(StoreBatch, Committed done) {
  answer_later([done = std::move(done)] { done(refusal()); });
}

void NoStore::answer_later(std::function<void()> answer) {
  answers_.push_back(std::move(answer));
  turn_->arm(clock_.now());
}

}  // namespace arbees::sim
