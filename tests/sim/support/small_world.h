#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/ports/ports.h"
#include "sim/world/events.h"
#include "sim/world/world.h"

namespace arbees::sim {

/// What the small programs below say about themselves.
struct Said {
  static constexpr std::string_view name = "said";
  static constexpr Severity severity = Severity::info;
  std::string what;
  std::uint64_t number = 0;

  void visit(FieldVisitor& v) const { v("what", what), v("number", number); }
};

/// A program that pings a Redis every 100 to 200 ms, says what it hears, and connects again a second
/// after it lost the connection.
class Pinger final : public Program, private ConnectionHandler {
 public:
  explicit Pinger(Ports& ports)
      : ports_(ports),
        ping_(ports.clock.make_timer([this] { ping(); })),
        again_(ports.clock.make_timer([this] { connect(); })) {}

  void start() override { connect(); }
  void terminate() override { ports_.process.exit(ExitCode::ok, "asked to"); }

 private:
  void connect() {
    connection_ = ports_.transport.connect(
        {.kind = Endpoint::Kind::tcp, .host = "redis", .port = 6379}, *this);
  }
  void ping() {
    connection_->write("PING\r\n");
    const Duration wait(100'000'000 + static_cast<std::int64_t>(ports_.entropy.below(100'000'000)));
    ping_->arm(ports_.clock.now() + wait);
  }
  void on_connected() override {
    ports_.events.record(Said{.what = "connected"}, {});
    ping();
  }
  void on_data(std::string_view bytes) override {
    heard_ += bytes;
    while (heard_.starts_with("+PONG\r\n")) {
      heard_.erase(0, 7);
      ports_.events.record(Said{.what = "pong", .number = ++pongs_}, {});
    }
  }
  void on_drained() override {}
  void on_closed(CloseReason reason, std::string_view, EventId cause) override {
    ports_.events.record(Said{.what = "lost: " + std::string(to_string(reason))}, cause);
    ping_->disarm();
    connection_.reset();
    again_->arm(ports_.clock.now() + seconds{1});
  }

  Ports& ports_;
  std::unique_ptr<Timer> ping_;
  std::unique_ptr<Timer> again_;
  std::unique_ptr<Connection> connection_;
  std::string heard_;
  std::uint64_t pongs_ = 0;
};

/// A program made of two functions, for tests that need one trait of a program only.
class Sketch final : public Program {
 public:
  using Step = std::function<void(Ports&)>;
  Sketch(Ports& ports, Step start, Step terminate = {})
      : ports_(ports), start_(std::move(start)), terminate_(std::move(terminate)) {}
  void start() override { start_(ports_); }
  void terminate() override {
    if (terminate_) {
      terminate_(ports_);
    }
  }

 private:
  Ports& ports_;
  Step start_;
  Step terminate_;
};

inline NodeSetup pinger(std::string name) {
  return {.name = std::move(name), .factory = [](Ports& ports) -> std::unique_ptr<Program> {
            return std::make_unique<Pinger>(ports);
          }};
}

/// Keeps what happened as lines "<ms> <node> <event> …".
class Log final : public Observer {
 public:
  struct Line {
    SimTime time;
    std::string node;
    std::string event;
    EventId id;
    EventId cause;
    std::string what;  ///< of a Said; the fault of a fault event; the node of a node event
  };

  void observe(const SimEnvelope& e) override {
    Line line{e.time, std::string(e.node), std::string(e.event.name()), e.id, e.cause, {}};
    if (const Said* said = e.event.get_if<Said>()) {
      line.what = said->what;
    } else if (const FaultStarted* fault = e.event.get_if<FaultStarted>()) {
      line.what = fault->fault + " " + fault->target;
    } else if (const NodeStarted* started = e.event.get_if<NodeStarted>()) {
      line.what = started->node.str();
    } else if (const NodeExited* exited = e.event.get_if<NodeExited>()) {
      line.what = exited->node.str() + " " + std::to_string(exited->code) + " " + exited->why;
    }
    lines.push_back(std::move(line));
  }

  /// Lines of that event (and text), in order.
  [[nodiscard]] std::vector<Line> of(std::string_view event, std::string_view what = {}) const {
    std::vector<Line> found;
    for (const Line& line : lines) {
      if (line.event == event && (what.empty() || line.what == what)) {
        found.push_back(line);
      }
    }
    return found;
  }
  [[nodiscard]] std::size_t count(std::string_view event, std::string_view what = {}) const {
    return of(event, what).size();
  }

  std::vector<Line> lines;
};

}  // namespace arbees::sim
