#include "sim/redis/info_command.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "sim/redis/request.h"
#include "sim/redis/resp.h"
#include "sim/redis/sentinel_commands.h"
#include "sim/redis/text.h"

namespace arbees::sim::redis {
namespace {

/// The lines of one section.
class InfoLines {
 public:
  explicit InfoLines(std::string& out) : out_(out) {}

  [[nodiscard]] std::string& text() { return out_; }
  InfoLines& operator()(std::string_view name, std::string_view value) {
    out_ += name;
    out_ += ':';
    out_ += value;
    out_ += "\r\n";
    return *this;
  }
  InfoLines& operator()(std::string_view name, std::uint64_t value) {
    return (*this)(name, std::to_string(value));
  }

 private:
  std::string& out_;
};

std::uint64_t microseconds_of(WallTime time) {
  return static_cast<std::uint64_t>(
      std::chrono::floor<std::chrono::microseconds>(time).time_since_epoch().count());
}

void about_server(const ServerState& server, InfoLines say) {
  const auto up = std::chrono::floor<seconds>(server.now - server.started.value_or(server.now));
  constexpr std::int64_t seconds_a_day = 86'400;
  say("redis_version", server_version)("redis_mode", "standalone")("os", "Linux")("arch_bits", 64);
  say("process_id", 1)("run_id", server.replication.run_id())("tcp_port", 6379);
  say("server_time_usec", microseconds_of(server.now));
  say("uptime_in_seconds", static_cast<std::uint64_t>(std::max<std::int64_t>(up.count(), 0)));
  say("uptime_in_days",
      static_cast<std::uint64_t>(std::max<std::int64_t>(up.count() / seconds_a_day, 0)));
  say("hz", 10)("configured_hz", 10);
}

void about_clients(const ServerState& server, InfoLines say) {
  const auto there = std::ranges::count_if(
      server.clients, [](const auto& entry) { return entry.second.fate != Fate::drops; });
  say("connected_clients", static_cast<std::uint64_t>(there))("cluster_connections", 0);
  say("maxclients", server.settings.maxclients)("blocked_clients", 0)("tracking_clients", 0);
}

/// The bytes of keys and values: the model has no allocator.
void about_memory(const ServerState& server, InfoLines say) {
  std::uint64_t used = 0;
  for (DatabaseIndex database = 0; database < server.data.databases(); ++database) {
    for (const auto& [key, entry] : server.data.keys(database)) {
      used += key.size() + entry.value.size();
    }
  }
  say("used_memory", used)("maxmemory", server.settings.maxmemory);
  say("maxmemory_policy", "noeviction");
}

void about_persistence(const ServerState& server, InfoLines say) {
  say("loading", server.conditions.loading ? 1 : 0)("async_loading", 0);
  say("rdb_bgsave_in_progress", 0);
  say("rdb_last_bgsave_status", server.conditions.cannot_save ? "err" : "ok");
  say("aof_enabled", 0)("aof_rewrite_in_progress", 0);
}

void about_stats(const ServerState& server, InfoLines say) {
  const ServerStats& now = server.stats;
  const ServerStats& then = server.stats_at_reset;
  const Dataset::Stats& data = server.data.stats();
  say("total_connections_received", now.clients_opened - then.clients_opened);
  say("total_commands_processed", now.calls - then.calls)("instantaneous_ops_per_sec", 0);
  say("rejected_connections", now.clients_refused - then.clients_refused);
  say("expired_keys", data.expired)("evicted_keys", 0);
  say("keyspace_hits", data.hits)("keyspace_misses", data.misses);
  say("pubsub_channels", server.pubsub.channels().names().size());
  say("pubsub_patterns", server.pubsub.patterns().names().size());
  say("total_error_replies", now.error_replies - then.error_replies);
}

void about_replication(const ServerState& server, InfoLines say) {
  server.replication.append_info(say.text());
}

void about_keyspace(const ServerState& server, InfoLines say) {
  for (DatabaseIndex database = 0; database < server.data.databases(); ++database) {
    const std::size_t keys = server.data.keys(database).size();
    const Dataset::Expiring expiring = server.data.expiring(database);
    if (keys > 0) {
      say("db" + std::to_string(database), "keys=" + std::to_string(keys) +
                                               ",expires=" + std::to_string(expiring.keys) +
                                               ",avg_ttl=" + std::to_string(expiring.average_ttl));
    }
  }
}

struct Section {
  std::string_view title;
  void (*tell)(const ServerState&, InfoLines);
};
constexpr std::array sections{
    Section{"Server", about_server},     Section{"Clients", about_clients},
    Section{"Memory", about_memory},     Section{"Persistence", about_persistence},
    Section{"Stats", about_stats},       Section{"Replication", about_replication},
    Section{"Keyspace", about_keyspace},
};

bool wanted(const Section& section, std::span<const std::string_view> words) {
  return words.empty() || std::ranges::any_of(words, [&](std::string_view word) {
           return equals_ignoring_case(word, section.title) || equals_ignoring_case(word, "all") ||
                  equals_ignoring_case(word, "default") || equals_ignoring_case(word, "everything");
         });
}

}  // namespace

/// Sections come in their own order, each once.
void info(Request& request) {
  std::string text;
  if (request.server.sentinel != nullptr) {
    append_sentinel_info(text, *request.server.sentinel);
    append_bulk(request.reply, text);
    return;
  }
  for (const Section& section : sections) {
    if (wanted(section, request.arguments.subspan(1))) {
      text += text.empty() ? "# " : "\r\n# ";
      text += section.title;
      text += "\r\n";
      section.tell(request.server, InfoLines(text));
    }
  }
  append_bulk(request.reply, text);
}

}  // namespace arbees::sim::redis
