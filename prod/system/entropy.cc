#include "prod/system/entropy.h"

#include <cerrno>
#include <system_error>

#include <sys/random.h>

namespace arbees::prod {

std::uint64_t system_seed() {
  std::uint64_t seed = 0;
  // Up to 256 bytes come whole; only a signal before the system's pool is ready interrupts it.
  while (::getrandom(&seed, sizeof seed, 0) != static_cast<ssize_t>(sizeof seed)) {
    if (errno != EINTR)
      throw std::system_error(errno, std::generic_category(), "getrandom");
  }
  return seed;
}

// Steele, Lea, Flood: Fast splittable pseudorandom number generators (OOPSLA 2014), figure 16.
std::uint64_t SeededEntropy::next() {
  state_ += 0x9E3779B97F4A7C15U;
  std::uint64_t mixed = state_;
  mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
  return mixed ^ (mixed >> 31U);
}

}  // namespace arbees::prod
