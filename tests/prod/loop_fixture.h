#pragma once

#include <chrono>
#include <utility>

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "prod/asio/loop.h"

namespace arbees::prod {

/// A loop that a test drives step by step until what it waits for has happened.
class LoopFixture : public ::testing::Test {
 protected:
  /// Takes steps until `done`; false when it has not come true in a time that no working machine needs.
  template <class Done>
  [[nodiscard]] bool run_until(Done done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    while (!done()) {
      if (std::chrono::steady_clock::now() > deadline)
        return false;
      loop_.io().restart();
      loop_.io().run_one_for(std::chrono::milliseconds{50});
    }
    return true;
  }

  /// Takes all steps that are ready, without waiting.
  void run_ready() {
    loop_.io().restart();
    loop_.io().poll();
  }

  Loop loop_;
};

}  // namespace arbees::prod
