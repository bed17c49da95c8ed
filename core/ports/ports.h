#pragma once

#include "core/ports/clock.h"
#include "core/ports/entropy.h"
#include "core/ports/event_sink.h"
#include "core/ports/process.h"
#include "core/ports/signal_feed.h"
#include "core/ports/store.h"
#include "core/ports/transport.h"

namespace arbees {

/// Everything through which the core reaches the world. The host keeps all of it alive for as long as
/// the program it drives.
struct Ports {
  Clock& clock;
  Transport& transport;
  Store& store;
  Entropy& entropy;
  SignalFeed& signals;
  EventSink& events;
  Process& process;
};

}  // namespace arbees
