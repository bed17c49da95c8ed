#include "sim/redis/replication.h"

#include <algorithm>

#include "core/redis/command.h"
#include "sim/redis/integer.h"
#include "sim/redis/request_parser.h"
#include "sim/redis/resp.h"
#include "sim/redis/state.h"

namespace arbees::sim::redis {
namespace {

using arbees::redis::append_command;

constexpr std::string_view no_id = "0000000000000000000000000000000000000000";
constexpr Duration ping_every = seconds{10};
constexpr Duration timeout = seconds{60};

std::uint64_t mixed(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15U;
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31U);
}

bool is_message(std::string_view command) {
  return command.size() == 7 && (command[0] == 'p' || command[0] == 'P') &&
         (command[1] == 'u' || command[1] == 'U') && (command[2] == 'b' || command[2] == 'B');
}

std::string seconds_text(Duration span) { return std::to_string(span / seconds{1}); }

}  // namespace

/// 40 hexadecimal digits.
std::string Replication::draw_id() {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string id;
  std::uint64_t bits = 0;
  for (unsigned i = 0; i < 40; ++i) {
    if (i % 16 == 0) {
      bits = mixed(seed_ ^ mixed(++ids_drawn_));
    }
    id += digits[bits & 0xFU];
    bits >>= 4U;
  }
  return id;
}

void Replication::set_place(const Address& own, std::uint64_t seed) {
  own_ = own;
  seed_ = seed;
  restart();
}

void Replication::restart() {
  run_id_ = draw_id();
  history_ = draw_id();
  previous_history_ = no_id;
  previous_end_ = -1;
  previous_writes_ = offset_ = writes_ = 0;
  counting_ = false;
  selected_.reset();
  replicas_.clear();
  link_ = nullptr;
  handshake_.reset();
  synced_ = false;
  down_since_ = server_.now;
  server_.data.set_ends_keys(!is_replica());
}

ReplicationView Replication::view() const {
  return {
      .master = master_,
      .synced = synced_,
      .history = history_,
      .previous_history = previous_history_,
      .offset = offset_,
      .writes = writes_,
      .replicas = static_cast<std::size_t>(std::ranges::count_if(replicas_, &Replica::attached)),
      .promotions = promotions_,
      .full_syncs = full_syncs_,
      .discarded = discarded_};
}

bool Replication::follow(const Address& master) {
  if (master_ == master) {
    return false;
  }
  drop_link();
  drop_replicas();
  master_ = master;
  synced_ = false;
  down_since_ = server_.now;
  server_.data.set_ends_keys(false);
  return true;
}

void Replication::promote() {
  if (!is_replica()) {
    return;
  }
  drop_link();
  drop_replicas();  // they are to take the new history
  master_.reset();
  synced_ = false;
  ++promotions_;
  previous_history_ = history_;
  previous_end_ = static_cast<std::int64_t>(offset_) + 1;
  previous_writes_ = writes_;
  history_ = draw_id();
  selected_.reset();
  server_.data.set_ends_keys(true);
}

void Replication::drop_link() {
  if (link_ != nullptr) {
    link_->fate = Fate::drops;
    server_.settle(*link_);
    link_ = nullptr;
    handshake_.reset();
  }
}

void Replication::drop_replicas() {
  for (const Replica& replica : replicas_) {
    if (replica.attached) {
      replica.client->fate = Fate::closes;
      server_.settle(*replica.client);
    }
  }
  std::erase_if(replicas_, &Replica::attached);
}

void Replication::append_role(std::string& reply) const {
  if (!is_replica()) {
    append_array(reply, 3);
    append_bulk(reply, "master");
    append_integer(reply, static_cast<std::int64_t>(offset_));
    append_array(reply,
                 static_cast<std::uint64_t>(std::ranges::count_if(replicas_, &Replica::attached)));
    for (const Replica& replica : replicas_) {
      if (replica.attached) {
        append_array(reply, 3);
        append_bulk(reply, replica.place.host);
        append_bulk(reply, std::to_string(replica.place.port));
        append_bulk(reply, std::to_string(replica.acknowledged));
      }
    }
    return;
  }
  append_array(reply, 5);
  append_bulk(reply, "slave");
  append_bulk(reply, master_->host);
  append_integer(reply, master_->port);
  const bool receiving = handshake_ && handshake_->receiving();
  append_bulk(reply, synced_            ? "connected"
                     : receiving        ? "sync"
                     : link_ != nullptr ? "handshake"
                                        : "connect");
  append_integer(reply, synced_ ? static_cast<std::int64_t>(offset_) : -1);
}

void Replication::append_info(std::string& text) const {
  const auto line = [&](std::string_view key, std::string_view value) {
    text.append(key).append(":").append(value).append("\r\n");
  };
  const auto count = [&](std::string_view key, auto value) { line(key, std::to_string(value)); };
  line("role", is_replica() ? "slave" : "master");
  if (is_replica()) {
    line("master_host", master_->host);
    count("master_port", master_->port);
    line("master_link_status", synced_ ? "up" : "down");
    line("master_last_io_seconds_ago",
         synced_ ? seconds_text(server_.now - heard_) : std::string("-1"));
    count("master_sync_in_progress", handshake_ && handshake_->receiving() ? 1 : 0);
    count("slave_read_repl_offset", offset_);
    count("slave_repl_offset", offset_);
    if (!synced_) {
      line("master_link_down_since_seconds", seconds_text(server_.now - down_since_));
    }
    count("slave_priority", 100);
    count("slave_read_only", 1);
    count("replica_announced", 1);
  }
  const auto attached = std::ranges::count_if(replicas_, &Replica::attached);
  count("connected_slaves", attached);
  unsigned shown = 0;
  for (const Replica& replica : replicas_) {
    if (replica.attached) {
      line("slave" + std::to_string(shown++),
           "ip=" + replica.place.host + ",port=" + std::to_string(replica.place.port) +
               ",state=online,offset=" + std::to_string(replica.acknowledged) +
               ",lag=" + seconds_text(server_.now - replica.heard));
    }
  }
  line("master_failover_state", "no-failover");
  line("master_replid", history_);
  line("master_replid2", previous_history_);
  count("master_repl_offset", offset_);
  count("second_repl_offset", previous_end_);
  count("repl_backlog_active", counting_ ? 1 : 0);
  count("repl_backlog_size", 1'048'576);
  count("repl_backlog_first_byte_offset", counting_ ? 1 : 0);
  count("repl_backlog_histlen", counting_ ? offset_ : 0);
}

Replication::Replica* Replication::find(const Client& client) {
  const auto found = std::ranges::find(replicas_, &client, &Replica::client);
  return found == replicas_.end() ? nullptr : &*found;
}

bool Replication::is_replica_client(const Client& client) const {
  return std::ranges::any_of(replicas_, [&](const Replica& replica) {
    return replica.attached && replica.client == &client;
  });
}

void Replication::note_replica(Client& client, const Address& part) {
  Replica* replica = find(client);
  if (replica == nullptr) {
    replicas_.push_back({&client, {"127.0.0.1", 0}, false, 0, server_.now});
    replica = &replicas_.back();
  }
  if (!part.host.empty()) {
    replica->place.host = part.host;
  }
  if (part.port != 0) {
    replica->place.port = part.port;
  }
}

void Replication::acknowledge(Client& client, std::uint64_t offset) {
  if (Replica* replica = find(client); replica != nullptr) {
    replica->acknowledged = offset;
    replica->heard = server_.now;
  }
}

void Replication::attach(Client& client) {
  note_replica(client, {});
  Replica& replica = *find(client);
  replica.attached = true;
  replica.acknowledged = offset_;
  replica.heard = server_.now;
  if (!counting_) {
    counting_ = true;
    pinged_ = server_.now;
  }
  selected_.reset();
  std::string& out = server_.write_to(client);
  append_status(out, "FULLRESYNC " + history_ + " " + std::to_string(offset_));
  const std::string data = dump();
  out += "$" + std::to_string(data.size()) + "\r\n" + data;
}

/// First whose data it is, then the data.
std::string Replication::dump() const {
  std::string bytes;
  append_command(bytes, {"HISTORY", history_, previous_history_, std::to_string(writes_),
                         std::to_string(previous_writes_)});
  for (DatabaseIndex database = 0; database < server_.data.databases(); ++database) {
    if (server_.data.keys(database).empty()) {
      continue;
    }
    append_command(bytes, {"SELECT", std::to_string(database)});
    for (const auto& [key, entry] : server_.data.keys(database)) {
      if (entry.expires) {
        append_command(bytes, {"SET", key, entry.value, "PXAT", std::to_string(*entry.expires)});
      } else {
        append_command(bytes, {"SET", key, entry.value});
      }
    }
  }
  return bytes;
}

void Replication::load(std::string_view dump) {
  for (DatabaseIndex database = 0; database < server_.data.databases(); ++database) {
    server_.data.flush(database);
  }
  RequestParser parser;
  parser.feed(dump);
  DatabaseIndex database = 0;
  while (parser.next() == RequestParser::Step::request) {
    const auto words = parser.arguments();
    if (words[0] == "HISTORY") {
      // What it wrote itself, beyond what the new master knows of the same history.
      const std::uint64_t known = words[1] == history_   ? leading_number(words[3])
                                  : words[2] == history_ ? leading_number(words[4])
                                                         : 0;
      discarded_ = writes_ > known ? writes_ - known : 0;
      history_ = words[1];
      previous_history_ = no_id;
      previous_end_ = -1;
      writes_ = leading_number(words[3]);
      previous_writes_ = 0;
    } else if (words[0] == "SELECT") {
      database = static_cast<DatabaseIndex>(leading_number(words[1]));
    } else if (words.size() == 5) {
      server_.data.put(database, words[1], std::string(words[2]),
                       static_cast<UnixMs>(leading_number(words[4])));
    } else {
      server_.data.put(database, words[1], std::string(words[2]));
    }
  }
}

void Replication::begin(Client& link) {
  link_ = &link;
  handshake_.emplace(own_);
  heard_ = server_.clock.wall_now();
}

void Replication::greet() {
  if (handshake_) {
    server_.write_to(*link_) += handshake_->greeting();
  }
}

std::string_view Replication::hear(std::string_view bytes) {
  heard_ = server_.now;
  if (!handshake_) {
    return bytes;
  }
  const MasterLink::Step step = handshake_->hear(bytes);
  if (!step.say.empty()) {
    server_.write_to(*link_) += step.say;
  }
  if (step.failed) {
    drop_link();
    return {};
  }
  if (!step.complete) {
    return {};
  }
  drop_replicas();  // what they have is another history
  load(handshake_->data());
  offset_ = handshake_->offset();
  counting_ = true;
  synced_ = true;
  ++full_syncs_;
  handshake_.reset();
  return step.rest;
}

/// Replicas of a replica get the stream as it came.
void Replication::applied(std::span<const std::string_view> arguments) {
  std::string bytes;
  append_command(bytes, arguments);
  stream(bytes);
}

void Replication::forget(const Client& client) {
  std::erase_if(replicas_, [&](const Replica& replica) { return replica.client == &client; });
  if (link_ == &client) {
    link_ = nullptr;
    handshake_.reset();
    synced_ = false;
    down_since_ = server_.now;
  }
}

void Replication::tick() {
  if (link_ != nullptr && server_.now - heard_ > timeout) {
    drop_link();
    synced_ = false;
    down_since_ = server_.now;
  }
  if (synced_) {
    append_command(server_.write_to(*link_), {"REPLCONF", "ACK", std::to_string(offset_)});
  }
  if (!is_replica() && counting_ && server_.now - pinged_ >= ping_every &&
      std::ranges::any_of(replicas_, &Replica::attached)) {
    pinged_ = server_.now;
    std::string bytes;
    append_command(bytes, {"PING"});
    stream(bytes);
  }
  for (Replica& replica : replicas_) {
    if (replica.attached && server_.now - replica.heard > timeout) {
      replica.client->fate = Fate::drops;
      server_.settle(*replica.client);
    }
  }
}

void Replication::on_writes(std::span<const Write> unit) {
  for (const Write& write : unit) {
    writes_ += is_message(write.words.front()) ? 0U : 1U;
  }
  if (is_replica() || !counting_) {
    return;
  }
  const std::vector<std::string> begin{"MULTI"};
  const std::vector<std::string> end{"EXEC"};
  if (unit.size() > 1) {
    send_command(unit.front().database, begin);
  }
  for (const Write& write : unit) {
    send_command(write.database, write.words);
  }
  if (unit.size() > 1) {
    send_command(unit.back().database, end);
  }
}

void Replication::send_command(DatabaseIndex database, std::span<const std::string> words) {
  std::string bytes;
  if (selected_ != database) {
    selected_ = database;
    append_command(bytes, {"SELECT", std::to_string(database)});
  }
  const std::vector<std::string_view> views(words.begin(), words.end());
  append_command(bytes, views);
  stream(bytes);
}

void Replication::stream(std::string_view bytes) {
  offset_ += bytes.size();
  for (const Replica& replica : replicas_) {
    if (replica.attached) {
      server_.write_to(*replica.client) += bytes;
    }
  }
}

}  // namespace arbees::sim::redis
