#include "sim/node/local_time.h"

#include "core/base/assert.h"

namespace arbees::sim {
namespace {

__extension__ using Wide = __int128;
constexpr std::int64_t billion = 1'000'000'000;

}  // namespace

MonoTime LocalTime::at(SimTime time) const {
  const std::int64_t passed = (time - since_).count();
  const Wide product = static_cast<Wide>(passed) * (billion + drift_ppb_);
  return local_ + Duration(static_cast<std::int64_t>(product / billion));
}

SimTime LocalTime::when(MonoTime due) const {
  if (due <= local_) {
    return since_;
  }
  const Wide wanted = static_cast<Wide>((due - local_).count()) * billion;
  const std::int64_t rate = billion + drift_ppb_;
  return since_ + Duration(static_cast<std::int64_t>((wanted + rate - 1) / rate));
}

void LocalTime::set_drift(SimTime now, std::int64_t drift_ppb) {
  ensure(drift_ppb > -billion, "a monotonic clock does not run backwards");
  local_ = at(now);
  since_ = now;
  drift_ppb_ = drift_ppb;
}

void LocalTime::jump(SimTime now, Duration by) {
  ensure(by >= Duration::zero(), "a monotonic clock does not jump back");
  local_ = at(now) + by;
  since_ = now;
}

}  // namespace arbees::sim
