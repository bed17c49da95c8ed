#include "tests/real/outage.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <iostream>

namespace arbees::real {
namespace {

constexpr std::uint64_t resident_growth_max = std::uint64_t{10} << 20U;
constexpr std::int64_t cpu_percent_max = 2;
/// The kernel counts in ticks of 10 ms: of each reading up to one may belong to what was before.
constexpr Duration resolution = milliseconds{20};

std::int64_t in_ms(Duration span) { return std::chrono::duration_cast<milliseconds>(span).count(); }

}  // namespace

Outage::Outage(const std::map<std::string, const Process*>& survivors) {
  for (const auto& [name, process] : survivors) {
    watched_.emplace(name, Watched{process, process->usage()});
  }
}

Duration Outage::lasted() const { return std::chrono::steady_clock::now() - began_; }

void Outage::end() const {
  for (const auto& [name, watched] : watched_) {
    const Duration used = watched.process->usage().cpu - watched.before.cpu;
    EXPECT_LE((used - resolution) * 100, lasted() * cpu_percent_max)
        << name << " used " << in_ms(used) << " ms of a processor in " << in_ms(lasted()) << " ms";
    std::cout << "  " << name << ": " << in_ms(used) << " ms of a processor in " << in_ms(lasted())
              << " ms\n";
    judge_memory(name, watched);
  }
}

void Outage::end_of_memory() const {
  for (const auto& [name, watched] : watched_) {
    judge_memory(name, watched);
  }
}

void Outage::judge_memory(const std::string& name, const Watched& watched) const {
  const std::uint64_t after = watched.process->usage().resident;
  EXPECT_LE(after, watched.before.resident + resident_growth_max) << name << " grew too much";
  std::cout << "  " << name << ": " << watched.before.resident / 1'024 << " KB of memory before, "
            << after / 1'024 << " KB after\n";
}

}  // namespace arbees::real
