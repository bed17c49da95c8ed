#include <algorithm>
#include <cstdio>
#include <iterator>

#include "core/settings/settings.h"
#include "core/shard/game_shard.h"
#include "prod/events/events.h"
#include "prod/host.h"
#include "prod/program_options.h"

namespace {

using namespace arbees;
using namespace arbees::prod;

ProgramText program_text() {
  return {.name = "arbees-shard",
          .purpose =
              "Watches the live games it is given by the orchestrator and emits signals for those "
              "it owns.",
          .examples =
              "  SHARD_ID=shard-1 REDIS_URL=redis://127.0.0.1:6379 arbees-shard\n"
              "  arbees-shard --set SHARD_ID=shard-1 --events shard-1.jsonl --log-level debug\n"
              "  arbees-shard --check-config\n",
          .takes_games = false,
          .settings = read_shard_settings({}).lines};
}

}  // namespace

int main(int argc, char** argv) {
  const auto [options, ended] =
      parse_command_line(argc, argv, program_text(), process_environment());
  if (ended)
    return *ended;
  auto reading = read_shard_settings(options.settings);
  std::ranges::move(problems_of_tls(reading.settings.redis), std::back_inserter(reading.problems));
  if (const auto code = report_settings(options, reading.lines, reading.problems))
    return *code;

  auto host = Host::create({.program = "arbees-shard",
                            .node = NodeName(reading.settings.id.str()),
                            .events_file = options.events_file,
                            .log_level = options.log_level,
                            .alerts_file = reading.settings.alerts.log_path});
  if (!host) {
    std::fprintf(stderr, "arbees-shard: %s\n", host.error().c_str());
    return static_cast<int>(ExitCode::usage);
  }
  Ports& ports = (*host)->ports();
  ports.events.record(
      SignalsNotSent{.why = "signals are synthetic, and this version does not send them to ZeroMQ"},
      EventId{});
  const auto shard = make_game_shard(ports, reading.settings);
  leave((*host)->run(*shard));
}
