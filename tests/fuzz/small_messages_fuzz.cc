// Any bytes are a canary or none, a heartbeat of a service or none, a request of a monitor or none; all say what
// a reader of whole documents finds in them, and a canary survives being written and read again.
//
// Covers: core/wire/canary_message.cc core/wire/service_heartbeat.cc core/wire/startup_state.cc core/wire/json_reader.cc
// Dictionary: json.dict
// Input: the message.

#include <cstdint>

#include "core/wire/canary_message.h"
#include "core/wire/service_heartbeat.h"
#include "core/wire/startup_state.h"
#include "tests/fuzz/json_check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace arbees;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const fuzz::Document document = fuzz::document(text);

  const auto canary = wire::decode_canary(text);
  fuzz::check_outcome(document, canary.has_value(), canary ? "" : canary.error());
  if (canary) {
    fuzz::check_number(document, "nonce", canary->nonce);
    fuzz::check_number(document, "term", canary->term.value());
    const auto again = wire::decode_canary(encode(*canary));
    ensure(again && *again == *canary, "a canary survives the wire");
  }

  const auto beat = wire::decode_service_heartbeat(text);
  fuzz::check_outcome(document, beat.has_value(), beat ? "" : beat.error());
  if (beat) {
    fuzz::check_text(document, "service", beat->service.str());
    fuzz::check_text(document, fuzz::says(document, "instance_id") ? "instance_id" : "hostname",
                     beat->instance.str());
    if (fuzz::says(document, "status")) {
      fuzz::check_text(document, "status", beat->status);
    }
    fuzz::check_text(document, "started_at", beat->started_at);
  }

  const auto asker = wire::decode_startup_request(text);
  fuzz::check_outcome(document, asker.has_value(), asker ? "" : asker.error());
  if (asker) {
    fuzz::check_text(document, "monitor_type", to_string(*asker));
  }
  return 0;
}
