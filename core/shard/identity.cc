#include "core/shard/identity.h"

#include <cstdint>

#include "core/wire/heartbeat.h"
#include "core/wire/timestamp.h"

namespace arbees {
namespace {

std::string draw_process_id(Entropy& entropy) {
  const std::uint64_t high = entropy.next();
  const std::uint64_t low = entropy.next();
  std::string digits = wire::boot_text(Boot(high)) + wire::boot_text(Boot(low));
  digits[12] = '4';
  digits[16] = "89ab"[(low >> 62U) & 3U];
  for (const std::size_t dash : {20U, 16U, 12U, 8U}) {
    digits.insert(dash, 1, '-');
  }
  return digits;
}

}  // namespace

Identity draw_identity(Ports& ports) {
  std::string process_id = draw_process_id(ports.entropy);
  const Boot boot(ports.entropy.next() | 1U);
  return {std::move(process_id), boot, wire::to_rfc3339(ports.clock.wall_now())};
}

}  // namespace arbees
