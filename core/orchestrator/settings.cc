#include "core/orchestrator/settings.h"

#include "core/base/assert.h"

namespace arbees {

// L·(1+rho)/(1−rho) = L + L·2rho/(1−rho), in parts so that nothing overflows, rounded up: a lease that
// is taken for over one nanosecond early is not over.
Duration OrchestratorSettings::lease_out(Duration granted) const {
  if (granted == Duration{}) {
    return Duration{};
  }
  constexpr std::int64_t million = 1'000'000;
  const auto ppm = static_cast<std::int64_t>(clock_drift_ppm);
  ensure(ppm >= 0 && ppm < million, "the drift bound is below 1");
  const std::int64_t divisor = million - ppm;
  const std::int64_t whole = granted.count() / divisor;
  const std::int64_t rest = granted.count() % divisor;
  const std::int64_t stretch = whole * 2 * ppm + (rest * 2 * ppm + divisor - 1) / divisor;
  return granted + Duration{stretch} + lease_margin;
}

}  // namespace arbees
