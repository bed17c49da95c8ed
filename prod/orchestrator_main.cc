#include <algorithm>
#include <cstdio>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include "core/orchestrator/orchestrator.h"
#include "core/settings/settings.h"
#include "prod/events/events.h"
#include "prod/games/games_file.h"
#include "prod/games/watched_file.h"
#include "prod/host.h"
#include "prod/program_options.h"

namespace {

using namespace arbees;
using namespace arbees::prod;

ProgramText program_text() {
  return {.name = "arbees-orchestrator",
          .purpose = "Keeps every live game with exactly one game shard, whatever fails.",
          .examples =
              "  REDIS_URL=redis://127.0.0.1:6379 arbees-orchestrator --games games.json --store "
              "arbees.db\n"
              "  arbees-orchestrator --games games.json --events orchestrator.jsonl --log-level "
              "debug\n"
              "  arbees-orchestrator --set SHARD_TIMEOUT_SECS=90 --check-config\n",
          .takes_games = true,
          .takes_store = true,
          .settings = read_orchestrator_settings({}).lines};
}

/// The orchestrator with the file its games come from. A file that becomes unreadable ends no game: what
/// was known stays.
class OrchestratorOfFile final : public Program {
 public:
  OrchestratorOfFile(Ports& ports, const OrchestratorSettings& settings, std::string path)
      : ports_(ports), path_(std::move(path)), orchestrator_(make_orchestrator(ports, settings)) {}

  void start() override {
    orchestrator_->start();
    file_ = std::make_unique<WatchedFile>(
        path_, ports_.clock, [this](std::string_view text) { take(text); },
        [this](std::string_view problem) { refuse(std::string(problem)); });
  }

  void terminate() override { orchestrator_->terminate(); }

 private:
  void take(std::string_view text) {
    auto games = parse_games(text);
    if (!games) {
      refuse(games.error());
      return;
    }
    ports_.events.record(GamesFileRead{.file = path_, .games = games->size()}, EventId{});
    orchestrator_->on_live_games(*std::move(games));
  }

  void refuse(std::string problem) {
    ports_.events.record(GamesFileRefused{.file = path_, .problem = std::move(problem)}, EventId{});
  }

  Ports& ports_;
  std::string path_;
  std::unique_ptr<Orchestrator> orchestrator_;
  std::unique_ptr<WatchedFile> file_;
};

/// What is wrong with the games file at the start, when a person is there to read it; empty: nothing.
std::string problem_of_games(const std::string& path) {
  if (path.empty()) {
    return "--games FILE is needed: live games come from a file";
  }
  const auto text = read_whole_file(path, WatchedFile::largest);
  if (!text) {
    return "--games: " + text.error();
  }
  const auto games = parse_games(*text);
  return games ? std::string() : "--games: " + path + ": " + games.error();
}

int refuse_to_start(const std::string& problem) {
  std::fprintf(stderr, "arbees-orchestrator: %s\n", problem.c_str());
  return static_cast<int>(ExitCode::usage);
}

}  // namespace

int main(int argc, char** argv) {
  const auto [options, ended] =
      parse_command_line(argc, argv, program_text(), process_environment());
  if (ended) {
    return *ended;
  }
  auto reading = read_orchestrator_settings(options.settings);
  std::ranges::move(problems_of_tls(reading.settings.redis), std::back_inserter(reading.problems));
  if (const auto code = report_settings(options, reading.lines, reading.problems)) {
    return *code;
  }
  if (const std::string problem = problem_of_games(options.games_file); !problem.empty()) {
    return refuse_to_start(problem);
  }
  auto host = Host::create({.program = "arbees-orchestrator",
                            .node = NodeName("orchestrator"),
                            .events_file = options.events_file,
                            .log_level = options.log_level,
                            .alerts_file = reading.settings.alerts.log_path,
                            .store_file = options.store_file});
  if (!host) {
    return refuse_to_start(host.error());
  }
  OrchestratorOfFile program((*host)->ports(), reading.settings, options.games_file);
  leave((*host)->run(program));
}
