#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/assert.h"
#include "core/redis/bus.h"
#include "sim/redis/clock.h"
#include "sim/redis/server.h"
#include "tests/fuzz/input.h"
#include "tests/support/fake_ports.h"

namespace arbees::fuzz {

using testing::FakePeer;
using testing::FakePorts;

/// One bus, a network played by a script, and a server that answers as Redis does, at the far end of every connection
/// that was accepted. The bytes of the server wait until the script lets them through, in pieces.
///
///   a C       connection C is accepted            x C R     connection C ends, for reason R
///   d C N     N bytes reach the client (9: all)   g C N ... N bytes that no server says follow
///   s C       written bytes stay in its kernel    u C       they leave
///   t N       time passes                         z N       it passes while the process sleeps
///   p A       a publication of age A              b A       one of 300 KB
///   m         somebody publishes                  r         the bus is told to reconnect
///
/// C counts the connections the client holds.
class BusScript final : redis::BusHandler, sim::redis::ServerOutput {
 public:
  explicit BusScript(Input input)
      : input_(input),
        server_(*this, server_clock_),
        bus_(world_.ports, settings(), subscriptions(), *this) {
    stranger_ = open();
    call([&] { bus_.start({}); });
  }
  ~BusScript() override = default;
  BusScript(const BusScript&) = delete;
  BusScript& operator=(const BusScript&) = delete;

  void play() {
    while (!input_.empty()) {
      act(input_.letter());
      check_bounds();
    }
  }

  /// All is well from now on: both links are ready before long, and what is published is answered.
  void recover() {
    for (std::size_t held = 0; held < wires_.size(); ++held) {
      end(*wires_[held], CloseReason::reset);  // what was stalled or spoilt stays so otherwise
    }
    for (int steps = 0; steps < 600 && !ready(); ++steps) {
      serve_all();
      pass(milliseconds{100});
    }
    ensure(ready(), "a bus is ready again within a minute of a server that works");
    serve_all();
    pass(seconds{3});
    ensure(open_.empty(), "with a link that works nothing stays unanswered");
  }

  void finish() {
    publish(seconds{60}, "last");
    bool done = false;
    call([&] { bus_.finish(seconds{1}, [&] { done = true; }); });
    pass(seconds{1});
    ensure(done, "the end comes within its patience");
    pass(milliseconds{1});
    ensure(open_.empty(), "at the end the fate of every publication is known");
    for (const std::unique_ptr<Wire>& wire : wires_) {
      ensure(!wire->peer->held(), "at the end no connection is held");
    }
  }

 private:
  struct StoppedClock final : sim::redis::ServerClock {
    [[nodiscard]] WallTime wall_now() const override { return WallTime{seconds{1'800'000'000}}; }
  };
  /// A connection the client asked for, and the server's side of it.
  struct Wire {
    FakePeer* peer = nullptr;
    bool accepted = false;
    bool over = false;
    bool spoilt = false;  ///< bytes that no server says were sent on it
    bool stalled = false;
    sim::redis::ClientId client;
    std::string coming;  ///< from the server, not yet let through
    std::uint64_t sent = 0;
    std::uint64_t passed = 0;
    std::uint64_t confirmed_at = 0;  ///< where in the stream the last confirmation ends
  };

  static redis::BusSettings settings() {
    redis::BusSettings settings;
    settings.client_name = "fuzz";
    settings.outbox_messages = 5;
    settings.outbox_bytes = 1U << 20U;
    return settings;
  }
  static std::vector<redis::Subscription> subscriptions() { return {{"c", false}, {"p:*", true}}; }

  void act(char letter) {
    switch (letter) {
      case 'a': with_wire([&](Wire& wire) { accept(wire); }); break;
      case 'd': with_wire([&](Wire& wire) { deliver(wire, bytes_asked()); }); break;
      case 'g':
        with_wire([&](Wire& wire) { spoil(wire, std::string(input_.text(input_.number() % 64))); });
        break;
      case 'x': with_wire([&](Wire& wire) { end(wire, CloseReason(input_.number() % 5)); }); break;
      case 's': with_wire([&](Wire& wire) { stall(wire); }); break;
      case 'u': with_wire([&](Wire& wire) { unstall(wire); }); break;
      case 't': pass(span_asked()); break;
      case 'z': world_.clock.sleep_through(span_asked()); break;
      case 'p': publish(span_asked(), "small"); break;
      case 'b': publish(span_asked(), std::string(300'000, 'x')); break;
      case 'm': somebody_publishes(); break;
      case 'r': call([&] { bus_.reconnect("asked", {}); }); break;
      default: break;
    }
  }

  template <class Act>
  void with_wire(const Act& act) {
    find_new_wires();
    std::vector<Wire*> held;
    for (const std::unique_ptr<Wire>& wire : wires_) {
      if (wire->peer->held() && !wire->over) {
        held.push_back(wire.get());
      }
    }
    const std::size_t choice = input_.number();
    if (!held.empty()) {
      act(*held[choice % held.size()]);
    }
  }
  std::size_t bytes_asked() {
    const std::size_t number = input_.number();
    return number == 9 ? std::string::npos : number;
  }
  Duration span_asked() {
    static constexpr std::array<Duration, 10> spans{
        Duration{0}, milliseconds{1}, milliseconds{50}, milliseconds{500}, seconds{1},
        seconds{2},  seconds{5},      seconds{10},      seconds{31},       seconds{100}};
    return spans[input_.number() % spans.size()];
  }

  // The network. -----------------------------------------------------------------------------------

  void find_new_wires() {
    while (wires_.size() < world_.transport.attempts()) {
      wires_.push_back(std::make_unique<Wire>());
      wires_.back()->peer = &world_.transport.peer(wires_.size() - 1);
    }
  }
  void accept(Wire& wire) {
    if (!std::exchange(wire.accepted, true)) {
      wire.client = open();
      wire.peer->accept();
      take_written();
    }
  }
  /// What the client wrote on any connection reaches the server, unless it is stalled or over.
  void take_written() {
    find_new_wires();
    for (const std::unique_ptr<Wire>& wire : wires_) {
      if (!wire->peer->held() && !wire->over) {
        wire->over = true;
        server_.closed(wire->client);
      }
      if (wire->stalled || wire->over || !wire->accepted) {
        continue;
      }
      const std::string written = wire->peer->take_written();
      server_.feed(wire->client, written);
    }
  }
  void deliver(Wire& wire, std::size_t most) {
    const std::string piece = wire.coming.substr(0, most);
    if (!wire.accepted || piece.empty()) {
      return;
    }
    wire.coming.erase(0, piece.size());
    wire.passed += piece.size();
    hearing_ = &wire;
    wire.peer->send(piece);
    hearing_ = nullptr;
    take_written();
  }
  void spoil(Wire& wire, const std::string& bytes) {
    if (wire.accepted && !bytes.empty()) {
      wire.spoilt = true;
      hearing_ = &wire;
      wire.peer->send(bytes);
      hearing_ = nullptr;
      take_written();
    }
  }
  void end(Wire& wire, CloseReason reason) {
    if (wire.peer->held() && !wire.over) {
      wire.over = true;
      server_.closed(wire.client);
      wire.peer->close(reason);
      ensure(!wire.peer->held(), "a connection that has ended is let go");
      take_written();
    }
  }
  void stall(Wire& wire) {
    wire.stalled = true;
    wire.peer->stall();
  }
  void unstall(Wire& wire) {
    if (std::exchange(wire.stalled, false)) {
      wire.peer->drain();
      take_written();
    }
  }
  void pass(Duration span) {
    world_.clock.advance(span);
    take_written();
  }
  void serve_all() {
    find_new_wires();
    for (std::size_t i = 0; i < wires_.size(); ++i) {
      Wire& wire = *wires_[i];
      if (wire.peer->held() && !wire.over) {
        accept(wire);
      }
      while (wire.peer->held() && !wire.over && !wire.coming.empty()) {
        deliver(wire, std::string::npos);
      }
    }
  }
  [[nodiscard]] bool ready() const {
    return bus_.ready(redis::LinkRole::subscriber) && bus_.ready(redis::LinkRole::publisher);
  }

  // The server. ------------------------------------------------------------------------------------

  sim::redis::ClientId open() {
    const auto client = server_.open();
    ensure(client.has_value(), "the server has room");
    return *client;
  }
  void send(sim::redis::ClientId client, std::string_view bytes) override {
    for (const std::unique_ptr<Wire>& wire : wires_) {
      if (wire->client == client && !wire->over) {
        wire->coming.append(bytes);
        wire->sent += bytes.size();
        if (bytes.find("psubscribe") != std::string_view::npos) {
          wire->confirmed_at = wire->sent;
        }
      }
    }
  }
  void close(sim::redis::ClientId /*client*/) override {}

  void somebody_publishes() {
    const std::string number = std::to_string(++messages_);
    server_.feed(stranger_, "PUBLISH p:x " + number + "\r\n");
  }

  // The program that uses the bus. -----------------------------------------------------------------

  /// Calls to the bus: nothing may come back from inside them.
  template <class Act>
  void call(const Act& act) {
    ++inside_;
    act();
    --inside_;
    take_written();
  }
  void publish(Duration max_age, std::string payload) {
    const redis::PublicationId id(++publications_);
    open_.insert(id);
    call([&] { bus_.publish({"c", std::move(payload), max_age, id}, {}); });
  }
  void on_link_ready(redis::LinkRole role, EventId /*cause*/) override {
    ensure(inside_ == 0, "no call comes from inside a call");
    if (role == redis::LinkRole::subscriber && !hearing_->spoilt) {
      ensure(hearing_->confirmed_at > 0 && hearing_->passed >= hearing_->confirmed_at,
             "a subscriber is ready when every subscription was confirmed");
    }
  }
  void on_link_lost(redis::LinkRole /*role*/, EventId /*cause*/) override {
    ensure(inside_ == 0, "no call comes from inside a call");
  }
  void on_message(std::string_view channel, std::string_view payload) override {
    ensure(inside_ == 0, "no call comes from inside a call");
    if (hearing_->spoilt || channel != "p:x") {
      return;
    }
    const auto number = std::stoull(std::string(payload));
    ensure(number > heard_ && number <= messages_, "each message is heard once, in order");
    heard_ = number;
  }
  void on_published(const redis::PublicationResult& result) override {
    ensure(inside_ == 0, "no call comes from inside a call");
    ensure(open_.erase(result.id) == 1, "the fate of a publication is told once");
  }

  void check_bounds() {
    // On the wire, in the outbox, and told in the next step: what one script publishes between two steps.
    ensure(open_.size() <= 1'024 + 5 + input_size_, "the publications kept are bounded");
    for (const std::unique_ptr<Wire>& wire : wires_) {
      ensure(!wire->peer->held() || wire->peer->queued() < 3U << 19U, "what is queued is bounded");
    }
    ensure(world_.process.ended == std::nullopt, "nothing on the wire ends the program");
  }

  Input input_;
  std::size_t input_size_ = input_.rest().size();
  FakePorts world_;
  StoppedClock server_clock_;
  sim::redis::Server server_;
  std::vector<std::unique_ptr<Wire>> wires_;
  sim::redis::ClientId stranger_;
  Wire* hearing_ = nullptr;
  std::set<redis::PublicationId> open_;
  std::uint64_t publications_ = 0;
  std::uint64_t messages_ = 0;
  std::uint64_t heard_ = 0;
  int inside_ = 0;
  redis::Bus bus_;
};

}  // namespace arbees::fuzz
