// A script of what a network and a server may do to a bus: it answers for every publication exactly once, is
// ready only when every subscription was confirmed, hears each message once and in order, never speaks on a
// connection that is over, keeps no more than its settings allow, and works again when all is well again.
//
// Covers: core/redis/bus.cc core/redis/link.cc core/redis/session.cc core/redis/handshake.cc core/redis/outbox.cc
// Input: letters, each with its arguments; digits choose (see tests/fuzz/bus_script.h). Anything else is skipped.

#include "tests/fuzz/bus_script.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  arbees::fuzz::BusScript script(arbees::fuzz::Input(data, size));
  script.play();
  script.recover();
  script.finish();
  return 0;
}
