#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/assert.h"
#include "core/ports/transport.h"

namespace arbees::testing {

/// The far end of one connection attempt: the test plays network and server. Outlives the client's end.
class FakePeer {
 public:
  FakePeer(Endpoint endpoint, ConnectionHandler& handler)
      : endpoint_(std::move(endpoint)), handler_(&handler) {}

  [[nodiscard]] const Endpoint& endpoint() const { return endpoint_; }
  /// Whether the client still holds its end.
  [[nodiscard]] bool held() const { return handler_ != nullptr; }
  [[nodiscard]] bool reading_paused() const { return reading_paused_; }
  [[nodiscard]] bool closed_by_client() const { return closed_by_client_; }
  /// What the client wrote since the last call.
  [[nodiscard]] std::string take_written() { return std::exchange(written_, {}); }

  /// What the client wrote while stalled, and its machine still keeps.
  [[nodiscard]] std::size_t queued() const { return queued_; }

  void accept() { handler().on_connected(); }
  /// Delivers bytes; they may make the client drop the connection.
  void send(std::string_view bytes) { handler().on_data(bytes); }
  void close(CloseReason reason, std::string_view detail = "by the test", EventId cause = {}) {
    ConnectionHandler& last = handler();
    ended_ = true;
    last.on_closed(reason, detail, cause);
  }
  /// From now on nothing written leaves the client's machine, until `drain`.
  void stall() { stalled_ = true; }
  void drain() {
    stalled_ = false;
    queued_ = 0;
    handler().on_drained();
  }

 private:
  friend class FakeTransport;

  class End final : public Connection {
   public:
    explicit End(std::shared_ptr<FakePeer> peer) : peer_(std::move(peer)) {}
    ~End() override { peer_->handler_ = nullptr; }
    End(const End&) = delete;
    End& operator=(const End&) = delete;

    void write(std::string_view bytes) override {
      if (peer_->closed_by_client_ || peer_->ended_) {
        return;
      }
      peer_->written_.append(bytes);
      peer_->queued_ += peer_->stalled_ ? bytes.size() : 0;
    }
    [[nodiscard]] std::size_t queued_bytes() const override { return peer_->queued_; }
    void pause_reading() override { peer_->reading_paused_ = true; }
    void resume_reading() override { peer_->reading_paused_ = false; }
    void close() override { peer_->closed_by_client_ = true; }

   private:
    std::shared_ptr<FakePeer> peer_;
  };

  [[nodiscard]] ConnectionHandler& handler() {
    ensure(held() && !ended_, "nothing happens on a connection that was dropped or has ended");
    return *handler_;
  }

  Endpoint endpoint_;
  ConnectionHandler* handler_;
  std::string written_;
  std::size_t queued_ = 0;
  bool stalled_ = false;
  bool ended_ = false;
  bool reading_paused_ = false;
  bool closed_by_client_ = false;
};

/// Keeps every attempt, in order; nothing happens on one until the test says so.
class FakeTransport final : public Transport {
 public:
  [[nodiscard]] std::unique_ptr<Connection> connect(const Endpoint& endpoint,
                                                    ConnectionHandler& handler) override {
    peers_.push_back(std::make_shared<FakePeer>(endpoint, handler));
    return std::make_unique<FakePeer::End>(peers_.back());
  }

  [[nodiscard]] std::size_t attempts() const { return peers_.size(); }
  [[nodiscard]] FakePeer& peer(std::size_t attempt) { return *peers_.at(attempt); }
  [[nodiscard]] FakePeer& last() { return *peers_.back(); }

 private:
  std::vector<std::shared_ptr<FakePeer>> peers_;
};

}  // namespace arbees::testing
