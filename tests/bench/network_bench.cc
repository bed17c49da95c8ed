// The simulated network beside the limit of any that copies what is sent, in one run: absolute figures drift
// with the machine, ratios do not.
//
// A hundred hosts, each pair with a connection that both write to. Every second each host sends 200 bytes to
// another one, drawn, which arrive 1 to 10 ms later. What is sent goes through the connections that programs
// are given: order, windows, acknowledgements and the digest of all bytes are in the price. The limit is a
// heap of moments and two copies: into the network and out of it.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <memory>
#include <queue>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/assert.h"
#include "sim/engine/event_queue.h"
#include "sim/engine/recorder.h"
#include "sim/engine/stream.h"
#include "sim/net/network.h"

namespace arbees::sim {
namespace {

constexpr std::size_t hosts = 100;
constexpr std::size_t message_bytes = 200;
constexpr Duration period = seconds{1};
constexpr DurationRange latency{milliseconds{1}, milliseconds{10}};

/// Whom to send to next and how long it takes, drawn beforehand, so that drawing is not what is measured.
class Draws {
 public:
  struct Draw {
    std::uint32_t to;  ///< the how manieth of the others
    std::int64_t latency;
  };

  Draws() : draws_(1U << 12U) {
    Streams streams(1);
    Stream& stream = streams.get("draws");
    for (Draw& draw : draws_) {
      draw.to = static_cast<std::uint32_t>(stream.below(hosts - 1));
      draw.latency = stream.between(latency).count();
    }
  }
  const Draw& next() { return draws_[at_++ % draws_.size()]; }

 private:
  std::vector<Draw> draws_;
  std::size_t at_ = 0;
};

/// The moments at which host number i sends, spread over the period.
constexpr Duration first_send(std::size_t host) {
  return period * static_cast<std::int64_t>(host) / static_cast<std::int64_t>(hosts);
}

class LimitNet {
 public:
  LimitNet() {
    for (std::uint32_t host = 0; host < hosts; ++host) {
      steps_.push({.due = first_send(host).count(), .host = host, .buffer = none});
    }
  }

  /// Until one more message has arrived.
  void step() {
    while (!take()) {
    }
  }
  [[nodiscard]] const char* last() const { return inbox_.data(); }

 private:
  static constexpr std::uint32_t none = ~0U;
  struct Step {
    std::int64_t due;
    std::uint32_t host;
    std::uint32_t buffer;  ///< what arrives there; `none`: the host sends
    friend bool operator>(const Step& a, const Step& b) { return a.due > b.due; }
  };

  bool take() {
    const Step step = steps_.top();
    steps_.pop();
    if (step.buffer != none) {
      std::memcpy(inbox_.data(), buffers_[step.buffer].data(), message_bytes);
      free_.push_back(step.buffer);
      return true;
    }
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(buffers_.size()));
      buffers_.emplace_back();
    }
    const std::uint32_t buffer = free_.back();
    free_.pop_back();
    std::memcpy(buffers_[buffer].data(), message_.data(), message_bytes);
    const Draws::Draw& draw = draws_.next();
    steps_.push({.due = step.due + draw.latency, .host = draw.to, .buffer = buffer});
    steps_.push({.due = step.due + period.count(), .host = step.host, .buffer = none});
    return false;
  }

  Draws draws_;
  std::priority_queue<Step, std::vector<Step>, std::greater<>> steps_;
  std::deque<std::array<char, message_bytes>> buffers_;
  std::vector<std::uint32_t> free_;
  std::array<char, message_bytes> message_{};
  std::array<char, message_bytes> inbox_{};
};

void limit(benchmark::State& state) {
  LimitNet net;
  for (auto _ : state) {
    net.step();
    benchmark::DoNotOptimize(net.last());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations());
}

/// Hosts without programs: what they send and hear is all they do.
class Hosts final : private Acceptor, private ConnectionHandler, private Receiver {
 public:
  Hosts() : network_(queue_, now_, streams_.get("network"), recorder_, config()) {
    for (std::size_t host = 0; host < hosts; ++host) {
      const NodeIndex node = recorder_.add_node("host-" + std::to_string(host));
      nodes_.push_back(node);
      network_.add_host(node);
      network_.process_started(node);
      network_.listen(node, port, *this);
    }
    links_.resize(hosts * hosts);
    for (std::size_t client = 0; client < hosts; ++client) {
      for (std::size_t server = client + 1; server < hosts; ++server) {
        connect(client, server);
      }
    }
    for (std::size_t host = 0; host < hosts; ++host) {
      sends_.push_back(queue_.add(*this, host));
      queue_.arm(sends_.back(), now_ + first_send(host));
    }
  }

  /// Until one more message has arrived.
  void step() {
    const std::size_t goal = (received_ / message_bytes + 1) * message_bytes;
    while (received_ < goal) {
      queue_.run_next(SimTime::max(), now_);
    }
  }

 private:
  static constexpr std::uint16_t port = 7'000;

  static NetworkConfig config() {
    NetworkConfig config;
    config.latency = latency;
    return config;
  }
  [[nodiscard]] static Endpoint endpoint(std::size_t host) {
    return {.kind = Endpoint::Kind::tcp, .host = "host-" + std::to_string(host), .port = port};
  }

  /// One pair after the other, so that it is known whose connection is accepted.
  void connect(std::size_t client, std::size_t server) {
    links_[client * hosts + server] = network_.connect(nodes_[client], endpoint(server), *this);
    while (accepted_ == nullptr) {
      ensure(queue_.run_next(SimTime::max(), now_), "a connect is accepted");
    }
    links_[server * hosts + client] = std::move(accepted_);
  }

  void on_due(std::uint64_t host) override {
    const std::size_t to = draws_.next().to;
    links_[host * hosts + to + (to < host ? 0 : 1)]->write(message_);
    queue_.arm(sends_[host], now_ + period);
  }
  ConnectionHandler& on_accept(std::unique_ptr<Connection> connection) override {
    accepted_ = std::move(connection);
    return *this;
  }
  void on_connected() override {}
  void on_data(std::string_view bytes) override { received_ += bytes.size(); }
  void on_drained() override {}
  void on_closed(CloseReason, std::string_view, EventId) override {
    ensure(false, "nothing breaks a connection");
  }

  SimTime now_{};
  EventQueue<SimTime> queue_;
  Streams streams_{1};
  Recorder recorder_{streams_, {}};
  Network network_;
  Draws draws_;
  std::vector<NodeIndex> nodes_;
  std::vector<std::unique_ptr<Connection>> links_;  ///< from the one host to the other
  std::unique_ptr<Connection> accepted_;
  std::vector<AlarmId> sends_;
  std::string message_ = std::string(message_bytes, 'm');
  std::size_t received_ = 0;
};

void network(benchmark::State& state) {
  Hosts net;
  for (auto _ : state) {
    net.step();
  }
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK(limit);
BENCHMARK(network);

}  // namespace
}  // namespace arbees::sim

BENCHMARK_MAIN();
