#include "tests/real/real_fleet.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

namespace arbees::real {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t end_of_log = 40'000;  // a failed assertion prints the last 200 events

fs::path make_folder() {
  std::string name = (fs::temp_directory_path() / "arbees-fleet-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), "making the folder " + name);
  }
  return name;
}

}  // namespace

bool Wanted::matches(const sim::RecordedEvent& candidate) const {
  return candidate.event == event && (node.empty() || candidate.node == node) &&
         std::ranges::all_of(fields, [&](const auto& field) {
           return candidate.text(field.first) == field.second;
         });
}

std::size_t matching(const sim::EventFile& events, const Wanted& wanted) {
  return static_cast<std::size_t>(std::ranges::count_if(
      events.events, [&](const sim::RecordedEvent& event) { return wanted.matches(event); }));
}

RealFleet::RealFleet(const Incident& incident, testing::RedisProgram redis)
    : incident_(incident), folder_(make_folder()), redis_({}, redis), log_(folder_) {
  set_games({});
  start_orchestrator("orchestrator");
  wait_for(2, {.event = "link_ready", .node = "orchestrator"});
  for (const std::string& shard : incident_.shards) {
    start_shard(shard, shard);
  }
  wait_for(incident_.shards.size(), {.event = "shard_joined"});
  set_games(incident_.games);
  wait_for(incident_.games.size(), {.event = "game_acknowledged"});
  wait_for(incident_.games.size(), {.event = "game_unfenced"});
}

RealFleet::~RealFleet() {
  processes_.clear();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

Command RealFleet::command(const std::string& program, const std::string& name) const {
  Command command{.program = fs::path(ARBEES_BIN_DIR) / program,
                  .arguments = {"--events", (folder_ / (name + ".jsonl")).string(), "--alerts",
                                (folder_ / "alerts.log").string()},
                  .environment = incident_.settings,
                  .log = folder_ / (name + ".log")};
  command.environment["REDIS_URL"] = "redis://127.0.0.1:" + std::to_string(redis_.port());
  return command;
}

void RealFleet::start_shard(const std::string& name, const std::string& shard_id) {
  Command shard = command("arbees-shard", name);
  shard.environment["SHARD_ID"] = shard_id;
  processes_[name] = std::make_unique<Process>(shard);
}

void RealFleet::start_orchestrator(const std::string& name) {
  Command orchestrator = command("arbees-orchestrator", name);
  const fs::path state = store();
  if (incident_.durable) {
    orchestrator.arguments.insert(orchestrator.arguments.end(), {"--store", state.string()});
  }
  // With a store of its own, only the first one may believe that nobody holds a lease.
  if (!incident_.durable || processes_.empty()) {
    orchestrator.environment["NEW_FLEET"] = "true";
  }
  orchestrator.arguments.insert(orchestrator.arguments.end(),
                                {"--games", (folder_ / "games.json").string()});
  processes_[name] = std::make_unique<Process>(orchestrator);
}

fs::path RealFleet::store() const {
  return (incident_.store_folder.empty() ? folder_ : incident_.store_folder) / "state.db";
}

void RealFleet::kill(const std::string& name) { process(name).kill(); }

std::size_t RealFleet::count(const Wanted& wanted) { return matching(events(), wanted); }

void RealFleet::wait_for(std::size_t least, const Wanted& wanted) {
  std::string what = std::to_string(least) + " x " + std::string(wanted.event);
  for (const auto& [field, value] : wanted.fields) {
    what.append(" ").append(field).append("=").append(value);
  }
  wait(what, [&](const sim::EventFile& events) { return matching(events, wanted) >= least; });
}

void RealFleet::wait_for_end_of(const Story& expected) {
  wait("the end of the story", [&](const sim::EventFile& events) {
    return changes(story_of(events)) >= changes(expected);
  });
  std::map<std::string, std::size_t> quiet;
  for (const std::string& shard : incident_.shards) {
    quiet[shard] = count({.event = "grant_received", .node = shard}) + 2;
  }
  for (const auto& [shard, grants] : quiet) {
    wait_for(grants, {.event = "grant_received", .node = shard});
  }
}

void RealFleet::wait(const std::string& what,
                     const std::function<bool(const sim::EventFile&)>& done) {
  if (!log_.wait(event_patience, done)) {
    throw std::runtime_error("waited in vain for " + what + "\n" + logs());
  }
}

/// The whole file at once, so that nobody reads half of it.
void RealFleet::set_games(const std::vector<std::string>& games) const {
  const fs::path draft = folder_ / "games.draft";
  std::ofstream out(draft);
  out << '[';
  for (const std::string& game : games) {
    out << (game == games.front() ? "" : ",") << R"({"id": ")" << game << R"(", "sport": "nba"})";
  }
  out << ']';
  out.close();
  fs::rename(draft, folder_ / "games.json");
}

std::string RealFleet::logs() const {
  std::string all;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_)) {
    if (entry.path().extension() == ".log") {
      std::ifstream in(entry.path());
      const std::string text(std::istreambuf_iterator<char>(in), {});
      all += "--- " + entry.path().filename().string() + " ends with\n" +
             text.substr(text.size() - std::min(text.size(), end_of_log));
    }
  }
  return all;
}

}  // namespace arbees::real
