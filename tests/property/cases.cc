#include "tests/property/cases.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>

#include "sim/cli/seeds.h"

namespace arbees::testing {
namespace {

/// What a command prints, or nothing if it fails.
std::string said_by(const std::string& command) {
  std::string text;
  FILE* const pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) {
    return text;
  }
  std::array<char, 256> bytes{};
  while (fgets(bytes.data(), bytes.size(), pipe) != nullptr) {
    text += bytes.data();
  }
  const bool good = pclose(pipe) == 0;
  return good ? text.substr(0, text.find('\n')) : std::string();
}

std::uint64_t find_seed() {
  const char* const given = std::getenv("ARBEES_PROPERTY_SEED");
  const std::string text =
      given != nullptr ? given
                       : said_by("git -C '" ARBEES_SOURCE_DIR "' rev-parse HEAD 2>/dev/null");
  const std::optional<std::uint64_t> seed = sim::parse_seed(text);
  if (given != nullptr && !seed) {
    ADD_FAILURE() << "ARBEES_PROPERTY_SEED is \"" << text << "\"; expected a number or a commit";
  }
  std::printf("cases are generated from seed %llu (%s)\n",
              static_cast<unsigned long long>(seed.value_or(1)),
              given != nullptr ? "as told"
              : seed           ? text.c_str()
                               : "no commit is known");
  return seed.value_or(1);
}

}  // namespace

std::uint64_t cases_seed() {
  static const std::uint64_t seed = find_seed();
  return seed;
}

TEST(Cases, AreTheSameForTheSameSeed) {
  const auto drawn = [] {
    std::vector<int> all;
    holds_for(20, [&] { all.push_back(*rc::gen::inRange(0, 1'000'000)); });
    return all;
  };
  EXPECT_EQ(drawn(), drawn());
}

}  // namespace arbees::testing
