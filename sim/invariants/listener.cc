#include "sim/invariants/listener.h"

#include <algorithm>

namespace arbees::sim {

void Dispatcher::add(Listener& listener) {
  listeners_.push_back(&listener);
  for (const Listener::Interest& interest : listener.interests()) {
    calls_[interest.type].push_back({.listener = &listener, .call = interest.call});
  }
  earliest_ = std::min(earliest_, listener.due());
}

void Dispatcher::observe(const SimEnvelope& event) {
  if (earliest_ < event.time) {
    pass_time(event.time);
  }
  const auto found = calls_.find(&event.event.type());
  if (found == calls_.end()) {
    return;
  }
  for (const Call& call : found->second) {
    call.call(*call.listener, event);
    earliest_ = std::min(earliest_, call.listener->due());
  }
}

void Dispatcher::finish(SimTime end) {
  pass_time(end + Duration{1});
  for (Listener* listener : listeners_) {
    listener->finish(end);
  }
}

void Dispatcher::pass_time(SimTime before) {
  earliest_ = Listener::never;
  for (Listener* listener : listeners_) {
    while (listener->due() < before) {
      listener->expire();
    }
    earliest_ = std::min(earliest_, listener->due());
  }
}

}  // namespace arbees::sim
