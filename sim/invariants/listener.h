#pragma once

#include <cstddef>
#include <span>
#include <unordered_map>
#include <vector>

#include "core/events/event.h"
#include "sim/engine/recorder.h"
#include "sim/engine/time.h"

namespace arbees::sim {

/// Some event types, as an argument.
template <class... Es>
struct EventList {};

/// Follows some kinds of events, and time. Passive: nothing it does reaches the world.
///
/// A listener names its handlers once, in its constructor (`listen<&Checker::on_emitted>()`); a
/// dispatcher then calls them and nothing else, so that a run with a dozen listeners pays per event only
/// for those that read it.
class Listener {
 public:
  struct Interest {
    const EventType* type;
    void (*call)(Listener& listener, const SimEnvelope& event);
  };

  Listener() = default;
  virtual ~Listener() = default;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  [[nodiscard]] std::span<const Interest> interests() const { return interests_; }
  /// The moment after which it wants `expire`; `never` if it waits for nothing.
  [[nodiscard]] SimTime due() const { return due_; }
  /// Everything up to and including `due()` has happened: what happens at a deadline is in time.
  void expire() {
    const SimTime moment = due_;
    due_ = never;
    expired(moment);
  }
  /// The run is over, at `end`; what was due by then has expired before.
  virtual void finish(SimTime /*end*/) {}

  static constexpr SimTime never = SimTime::max();

 protected:
  /// Calls `Handler`, a member `void (const SomeEvent&, const SimEnvelope&)`, for each such event.
  template <auto Handler>
  void listen() {
    interests_.push_back(interest<Handler>(Handler));
  }
  /// Calls `Handler`, a member `void (const SimEnvelope&)`, for each event of the types listed.
  template <auto Handler, class... Es>
  void listen_each(EventList<Es...> /*types*/) {
    (interests_.push_back(whole_interest<Handler>(Handler, event_type<Es>)), ...);
  }
  /// Asks for `expire` after `moment`, or earlier if that was asked for before.
  void wake_after(SimTime moment) {
    if (moment < due_) {
      due_ = moment;
    }
  }

 private:
  /// `moment` has passed. Asks again (`wake_after`) for what is due later.
  virtual void expired(SimTime /*moment*/) {}

  template <auto Handler, class Checker, class E>
  static Interest interest(void (Checker::* /*handler*/)(const E&, const SimEnvelope&)) {
    return {.type = &event_type<E>, .call = [](Listener& listener, const SimEnvelope& event) {
              (static_cast<Checker&>(listener).*Handler)(*event.event.get_if<E>(), event);
            }};
  }

  template <auto Handler, class Checker>
  static Interest whole_interest(void (Checker::* /*handler*/)(const SimEnvelope&),
                                 const EventType& type) {
    return {.type = &type, .call = [](Listener& listener, const SimEnvelope& event) {
              (static_cast<Checker&>(listener).*Handler)(event);
            }};
  }

  std::vector<Interest> interests_;
  SimTime due_ = never;
};

/// Hands events to the listeners that read them, in the order the listeners were added, and lets time
/// pass for all of them.
class Dispatcher {
 public:
  /// `listener` must outlive the dispatcher.
  void add(Listener& listener);
  void observe(const SimEnvelope& event);
  void finish(SimTime end);

 private:
  struct Call {
    Listener* listener;
    void (*call)(Listener& listener, const SimEnvelope& event);
  };
  void pass_time(SimTime before);

  std::vector<Listener*> listeners_;
  /// Looked up by the address of a static object, never iterated.
  std::unordered_map<const EventType*, std::vector<Call>> calls_;
  SimTime earliest_ = Listener::never;
};

}  // namespace arbees::sim
