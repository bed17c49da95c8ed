#include "sim/node/node.h"

#include <utility>

#include "core/base/assert.h"
#include "sim/node/events.h"
#include "sim/node/no_store.h"

namespace arbees::sim {
namespace {

constexpr std::uint64_t wake_tag = 0;
constexpr std::uint64_t supervise_tag = 1;

/// What a program gets that connects while it is being destroyed.
class DeadConnection final : public Connection {
 public:
  void write(std::string_view) override {}
  std::size_t queued_bytes() const override { return 0; }
  void pause_reading() override {}
  void resume_reading() override {}
  void close() override {}
};

LocalTime draw_local_time(Stream& draws, const ClockConfig& config) {
  const Duration uptime = draws.between({Duration::zero(), config.uptime_max});
  const std::int64_t drift = draws.between(-config.drift_ppb_max, config.drift_ppb_max);
  return {MonoTime(uptime), drift};
}

NodeClock draw_clock(const NodeContext& context, AlarmId wake, std::string_view name,
                     const ClockConfig& config, ClockWatch& watch) {
  Stream& draws = context.streams.get("clock:" + std::string(name));
  const LocalTime local = draw_local_time(draws, config);
  const Duration skew = draws.between({-config.wall_skew_max, config.wall_skew_max});
  return {context.queue, context.now, wake, local, config.wall_epoch, skew, watch};
}

}  // namespace

Node::Node(NodeIndex index, NodeSetup setup, const NodeContext& context, const ClockConfig& clocks)
    : Machine(index, context.network, context.recorder, context.now),
      context_(context),
      setup_(std::move(setup)),
      wake_(context.queue.add(*this, wake_tag)),
      supervise_(context.queue.add(*this, supervise_tag)),
      clock_(draw_clock(context, wake_, setup_.name, clocks, *this)),
      disk_(index, context.streams, context.recorder, context.now) {}

Node::~Node() { discard(); }

void Node::run() {
  if (!setup_.disk_survives) {
    image_ = {};
  }
  store_ = make_store();
  Entropy& entropy = context_.streams.get("node:" + setup_.name);
  ports_.reset(new Ports{.clock = clock_,
                         .transport = *this,
                         .store = *store_,
                         .entropy = entropy,
                         .signals = *this,
                         .events = *this,
                         .process = *this});
  program_ = setup_.factory(*ports_);
  program_->start();
  network_.took_step(index());
}

std::unique_ptr<Store> Node::make_store() {
  if (!setup_.store) {
    return std::make_unique<NoStore>(clock_);
  }
  EventSink& events = *this;
  const std::uint64_t root = context_.streams.root_seed();
  return setup_.store({.image = image_,
                       .disk = disk_,
                       .clock = clock_,
                       .events = events,
                       .seed = root + disk_.programs() * 1'000'003});
}

void Node::vanish() {
  program_.reset();
  ports_.reset();
  if (!exit_wish_) {
    disk_.program_ended();  // killed: it does not get to close its files
  }
  store_.reset();
  disk_.program_ended();
  clock_.sleep();
  context_.queue.disarm(supervise_);
  terminate_asked_ = false;
  exit_wish_.reset();
}

void Node::crash_in_step(EventId cause) {
  stop(cause);
  disk_.program_ended();
  exit_wish_.reset();
  context_.queue.arm(supervise_,
                     now());  // The program is destroyed when it is not on the stack any more.
}

void Node::resume() {
  clock_.wake_for_next();
  if (terminate_asked_ || exit_wish_) {
    context_.queue.arm(supervise_, now());
  }
}

void Node::hurry() {
  if (state() == State::running) {
    resume();
  }
}

void Node::on_due(std::uint64_t tag) {
  if (tag == supervise_tag) {
    supervise();
  } else if (state() == State::running && !exit_wish_) {
    if (network_.busy(index())) {
      context_.queue.arm(wake_, network_.busy_until(index()));
      return;
    }
    clock_.fire_next();
    network_.took_step(index());
    clock_.wake_for_next();
  }
}

/// What happens to the program from outside: its end once its step is over, a signal, a restart.
void Node::supervise() {
  if (state() == State::off && program_) {
    vanish();
  } else if (state() == State::off) {
    start({});
  } else if (exit_wish_) {
    const ExitWish wish = *exit_wish_;
    end(static_cast<std::uint64_t>(wish.code), wish.why, {});
    if (setup_.restart_after_exit) {
      context_.queue.arm(supervise_, now() + *setup_.restart_after_exit);
    }
  } else if (terminate_asked_ && state() == State::running) {
    if (network_.busy(index())) {
      context_.queue.arm(supervise_, network_.busy_until(index()));
      return;
    }
    terminate_asked_ = false;
    program_->terminate();
    network_.took_step(index());
  }
}

void Node::terminate() {
  ensure(state() != State::off, "only a program that runs can be asked to end");
  terminate_asked_ = true;
  context_.queue.arm(supervise_, now());
}

void Node::clock_felt(EventId fault) {
  record_as_world(ClockFaultFelt{.node = NodeName(recorder_.name(index()))}, fault);
}

void Node::exit(ExitCode code, std::string_view why) {
  if (state() != State::running || exit_wish_) {
    return;
  }
  exit_wish_ = {.code = code, .why = std::string(why)};
  // Nothing more reaches a program that has asked to end.
  context_.network.process_frozen(index(), {});
  context_.queue.arm(supervise_, now());
}

EventId Node::record(EventView event, EventId cause) {
  if (state() == State::off) {
    return {};
  }
  return context_.recorder.record(now(), index(), clock_.now(), event, cause);
}

void Node::publish(const Signal& signal, EventId cause) {
  if (state() != State::off) {
    context_.signals.publish(signal, cause);
  }
}

std::unique_ptr<Connection> Node::connect(const Endpoint& endpoint, ConnectionHandler& handler) {
  if (state() == State::off) {
    return std::make_unique<DeadConnection>();
  }
  return context_.network.connect(index(), endpoint, handler);
}

}  // namespace arbees::sim
