#include "sim/cli/run_source.h"

#include <fstream>
#include <sstream>

#include "sim/cli/seeds.h"
#include "sim/swarm/seeded.h"

namespace arbees::sim {
namespace {

std::unexpected<CommandError> fault(ChaosExit code, std::string text) {
  return std::unexpected(CommandError{code, std::move(text)});
}

/// Whether `path` is a file that begins like a failure file.
bool is_failure_file(const std::string& path) {
  constexpr std::size_t looked_at = 200;
  std::ifstream in(path, std::ios::binary);
  std::string head(looked_at, '\0');
  in.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(in.gcount()));
  return is_failure_text(head);
}

}  // namespace

std::expected<std::string, CommandError> read_whole_file(const std::string& path) {
  constexpr std::uintmax_t longest = 1U << 30U;
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  std::ifstream in(path, std::ios::binary);
  if (error || !in.is_open() || size > longest) {
    return fault(ChaosExit::unreadable,
                 path + " cannot be read; does it exist, and may you read it?");
  }
  std::stringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

std::expected<OpenedFailure, CommandError> open_failure_file(const std::string& path) {
  const auto text = read_whole_file(path);
  if (!text) {
    return std::unexpected(text.error());
  }
  auto opened = open_failure(*text, path);
  if (!opened) {
    return fault(ChaosExit::unreadable, opened.error());
  }
  return std::move(*opened);
}

RunRequest OpenedRun::request() const {
  if (failure) {
    return failure->request(loaded.scenario);
  }
  return {.scenario = loaded.scenario, .policy = *loaded.scenario.policy(policy), .seed = seed};
}

std::expected<OpenedRun, CommandError> open_run(const std::string& spec, const std::string& policy,
                                                const ScenarioLibrary& library) {
  if (is_failure_file(spec)) {
    auto opened = open_failure_file(spec);
    if (!opened) {
      return std::unexpected(opened.error());
    }
    OpenedRun run{.loaded = std::move(opened->loaded),
                  .policy = opened->file.policy,
                  .seed = opened->file.seed,
                  .failure = std::nullopt};
    run.failure = std::move(opened->file);
    return run;
  }
  const std::size_t at = spec.rfind('@');
  const auto seed =
      at == std::string::npos ? std::optional<std::uint64_t>(1) : parse_seed(spec.substr(at + 1));
  if (!seed) {
    return fault(ChaosExit::usage, in_quotes(spec) +
                                       " is no run; expected a failure file, or a scenario with "
                                       "its seed, such as 01a@17");
  }
  auto loaded = library.load(spec.substr(0, at));
  if (!loaded) {
    return fault(ChaosExit::usage, loaded.error());
  }
  if (auto known = require_policy(*loaded, policy); !known) {
    return fault(ChaosExit::usage, known.error());
  }
  return OpenedRun{.loaded = SeededScenario(*loaded, *seed).loaded(),
                   .policy = policy,
                   .seed = *seed,
                   .failure = std::nullopt};
}

}  // namespace arbees::sim
