#include "sim/scenario/fault_table.h"

#include <algorithm>
#include <vector>

#include "core/base/assert.h"
#include "sim/scenario/hostile_kind.h"

namespace arbees::sim {
namespace {

using namespace shapes;

ShapePtr nodes() {
  const ShapePtr node = name("the name of a node, or shards for all of them");
  return choice("a node or a list of nodes", {node, list(node, 1, 1'000)});
}

Field lasts(std::string doc) { return optional("for", drawn(), std::move(doc)); }

FaultRow row(FaultKind kind, std::string_view word_, std::string_view doc,
             std::string_view stands_for, std::vector<Field> own) {
  std::vector<Field> fields{
      required("fault", word("fault", {std::string(word_)}), "the kind of fault"),
      optional("name", name("a name"),
               "how expectations call it; without one it has the name of its kind"),
      required("at", drawn(), "when it starts, counted from the start of the run")};
  for (Field& field : own) {
    fields.push_back(std::move(field));
  }
  return {kind, word_, doc, stands_for, object("a fault", std::move(fields))};
}

std::vector<Field> links(std::vector<Field> more) {
  std::vector<Field> fields{required("from", nodes(), "the nodes of one side"),
                            required("to", nodes(), "the nodes of the other side")};
  for (Field& field : more) {
    fields.push_back(std::move(field));
  }
  return fields;
}

std::vector<FaultRow> make_table() {
  const Field target = required("target", nodes(), "the nodes it happens to");
  const Field healing = lasts("how long it lasts; without it, to the end of the run");
  const ShapePtr range =
      object("a range of spans",
             {required("between", list(span(), 2, 2), "the shortest and the longest span")});
  const ShapePtr share =
      object("a share, as a ratio of whole numbers",
             {required("of", count("a count", 1, 1'000'000), "of so many,"),
              required("hits", count("a count", 1, 1'000'000), "it happens to so many")});
  const Field rate = required("bytes_per_second", count("a number of bytes", 1, 1'000'000'000),
                              "bytes in each second, each way");
  const Field wire =
      by_hand("wire", word("wire", {"ours", "old"}),
              "what a shard speaks when it is back: an upgrade, or a rollback to the "
              "existing system's; without it, the same");
  const Field store = by_hand(
      "disk", word("disk", {"kept", "lost"}),
      "whether the orchestrator's store is still there when it is back; without it, it is kept");
  const Field room = by_hand("max_games", count("a number of games", 1, 100'000),
                             "how many games a shard takes when it is back; without it, as many "
                             "as before");
  return {
      row(FaultKind::crash, "crash",
          "the program ends without a word, its kernel closes its connections; healing starts it "
          "again",
          "kill -9, an out-of-memory kill, power lost",
          {target, lasts("how long it is away; without it, to the end of the run"), wire, room,
           store}),
      row(FaultKind::restart, "restart",
          "the program is asked to end (SIGTERM), and started again; one still running then is "
          "killed",
          "a deployment, docker restart",
          {target, required("for", drawn(), "from the request to end until the new start"), wire,
           room, store}),
      row(FaultKind::rolling_upgrade, "rolling_upgrade",
          "all shards are asked to end and started again, one after the other in equal steps; one "
          "still "
          "running then is killed",
          "a rolling deployment, of a new version or back to the old one",
          {required("for", drawn(),
                    "from the first request to end until the last shard's turn is over"),
           required("down", drawn(), "how long each shard is away, at most its step"),
           by_hand("wire", word("wire", {"ours", "old"}),
                   "what the shards speak when they are back: an upgrade, or a rollback to the "
                   "existing system's; without it, the same")}),
      row(FaultKind::pause, "pause",
          "the program takes no steps, its kernel goes on; healing lets it continue",
          "SIGSTOP, a frozen virtual machine, a long garbage collection elsewhere",
          {target, healing}),
      row(FaultKind::suspend, "suspend",
          "the whole machine stands still, its kernel too: nothing passes between it and the "
          "others; "
          "clocks go on. Healing lets it continue",
          "a laptop lid, a virtual machine saved and resumed, a migration", {target, healing}),
      row(FaultKind::slow, "slow",
          "every step of a program takes a while; what comes meanwhile waits for its turn, timers "
          "too",
          "an overloaded host, a noisy neighbour, swapping",
          {target, required("step", range, "drawn for each step"), healing}),
      row(FaultKind::second_process, "second_process",
          "another program of the same name is started on another machine (NODE-second) while the "
          "first goes on; a second orchestrator gets a copy of the store. Healing ends both and "
          "starts the first again, with what the second has stored",
          "a rolling deployment, a wrong SHARD_ID, a supervisor that does not see the first",
          {required("target", nodes(), "shards, or the orchestrator"),
           lasts("how long it is there; without it, to the end of the run")}),
      row(FaultKind::wall_jump, "wall_jump",
          "a machine's wall clock is set forward or back at once; healing sets it right",
          "a clock set by hand, a lost battery, a time server that is wrong",
          {target, required("by", drawn(), "how far"),
           required("way", word("way", {"forward", "back"}), "which way"), healing}),
      row(FaultKind::clock_drift, "clock_drift",
          "a machine's monotonic clock runs fast or slow, within CLOCK_DRIFT_PPM at its default; "
          "healing lets it run as before",
          "a bad quartz, a virtual machine that loses ticks",
          {target, required("ppm", count("millionths", 1, 4'900), "how much"),
           required("way", word("way", {"fast", "slow"}), "which way"), healing}),
      row(FaultKind::check_failing, "check_failing",
          "something a shard works with beside Redis does not work; its heartbeats say so, and "
          "that "
          "it is degraded",
          "ESPN or a ZeroMQ socket that this host does not reach",
          {required("target", nodes(), "the shards it happens to"),
           required("check", word("check", {"espn_api_ok", "zmq_ok"}), "the check that fails"),
           healing}),
      row(FaultKind::redis_down, "redis_down",
          "Redis ends, its kernel closes its connections; healing starts it empty",
          "a crashed redis-server", {healing}),
      row(FaultKind::redis_frozen, "redis_frozen",
          "Redis accepts connections and bytes and answers nothing; healing lets it answer all of "
          "it",
          "SIGSTOP, a blocked server, a disk that hangs", {healing}),
      row(FaultKind::redis_restart, "redis_restart", "Redis ends and is there again at once, empty",
          "redis-server restarted by its supervisor", {}),
      row(FaultKind::redis_refuse, "redis_refuse",
          "connections that exist go on, new ones are refused", "a full backlog, a firewall rule",
          {healing}),
      row(FaultKind::redis_flapping, "redis_flapping", "Redis is down and up in turns, down first",
          "a server that its supervisor restarts again and again",
          {required("down", drawn(), "how long it is away each time"),
           required("up", drawn(), "how long it is there in between"),
           required("for", drawn(), "from the first end; the last time away is completed")}),
      row(FaultKind::redis_loading, "redis_loading",
          "Redis is started again, empty, and says LOADING to what needs its data, PING too",
          "a restart with a large file of data", {healing}),
      row(FaultKind::redis_oom, "redis_oom", "Redis says OOM to what needs memory",
          "maxmemory reached, noeviction", {healing}),
      row(FaultKind::redis_misconf, "redis_misconf", "Redis says MISCONF to writes and to PING",
          "a full disk: the last snapshot failed", {healing}),
      row(FaultKind::redis_readonly, "redis_readonly", "Redis says READONLY to writes",
          "a client sent to a replica", {healing}),
      row(FaultKind::redis_busy, "redis_busy", "Redis says BUSY to nearly everything",
          "a script that does not end", {healing}),
      row(FaultKind::redis_full, "redis_full",
          "who connects is told that there are too many clients, and sent away",
          "maxclients reached by others", {healing}),
      row(FaultKind::redis_password, "redis_password",
          "all connections are closed, and Redis wants a password nobody knows",
          "requirepass changed under way", {healing}),
      row(FaultKind::redis_no_channels, "redis_no_channels",
          "the access rules allow no channel: subscribers lose their connections, PUBLISH and "
          "SUBSCRIBE are refused",
          "an ACL without channel rights", {healing}),
      row(FaultKind::redis_slow, "redis_slow", "what Redis sends leaves late, in order",
          "a server short of CPU, slow commands of others",
          {required("delay", range, "drawn for each turn and connection"), healing}),
      row(FaultKind::redis_flood, "redis_flood",
          "2 MiB a second are published on a channel; a subscriber that does not read is cut at "
          "32 MiB unsent",
          "another program that publishes too much",
          {required("channel", text("the name of a channel"), "where it is published"), healing}),
      row(FaultKind::redis_replies_lost, "redis_replies_lost",
          "PUBLISH is carried out, and the connection breaks before its reply leaves",
          "a proxy or a server that dies at the wrong moment",
          {optional("share", share, "of all PUBLISH; without it, all of them"), healing}),
      row(FaultKind::redis_messages_lost, "redis_messages_lost",
          "messages are not handed to a subscriber, and nobody is told",
          "a subscriber that reconnects, bugs",
          {optional("share", share, "of all copies; without it, all of them"), healing}),
      row(FaultKind::redis_messages_duplicated, "redis_messages_duplicated",
          "messages are handed to a subscriber twice, one right after the other",
          "a proxy that sends again what it was not sure of",
          {optional("share", share, "of all copies; without it, all of them"), healing}),
      row(FaultKind::redis_messages_delayed, "redis_messages_delayed",
          "messages are handed to a subscriber late; healing hands over what waits",
          "a busy server, a proxy that queues",
          {required("delay", range, "drawn for each message that is late"),
           required("order", word("order", {"kept", "lost"}),
                    "whether later messages wait behind a late one, or overtake it"),
           optional("share", share, "of all copies; without it, all of them"), healing}),
      row(FaultKind::redis_clients_killed, "redis_clients_killed",
          "every connection is closed by Redis, once", "CLIENT KILL by an operator", {}),
      row(FaultKind::hostile_messages, "hostile_messages",
          "a client that nobody asked for publishes messages on the channels that our programs "
          "read; it "
          "goes when it is healed",
          "a bug in another service, a program of another version, anybody who may write to Redis",
          {optional(
               "message",
               word("message", {hostile_words.begin(), hostile_words.end()}, drawn_hostile_kinds),
               "what is wrong with them; without it, drawn for each"),
           required("every", range, "drawn between two messages; 100 ms at least"),
           by_hand(
               "as", name("the name of a shard"),
               "whose beats an impostor forges; without it, those of a shard that there is not"),
           healing}),
      row(FaultKind::partition, "partition",
          "nothing passes between two sides, in either direction",
          "a switch or a firewall between hosts", links({healing})),
      row(FaultKind::partition_one_way, "partition_one_way",
          "nothing passes from one side to the other; the way back works", "a broken route",
          links({healing})),
      row(FaultKind::latency, "latency", "every segment between two sides takes longer",
          "a congested or distant link",
          links({required("latency", range, "one way, drawn for every segment"), healing})),
      row(FaultKind::connection_reset, "connection_reset",
          "every connection between two sides breaks, once", "a load balancer or NAT that forgets",
          links({})),
      row(FaultKind::isolate, "isolate", "nothing passes between a node and all others",
          "a cable pulled out, a host's firewall", {target, healing}),
      row(FaultKind::swizzle, "swizzle",
          "some of the links between two sides, drawn, are cut one after the other, and pass again "
          "in "
          "another order",
          "switches that are updated in turns",
          links({required("for", drawn(),
                          "from the first moment to the last; each is drawn between")})),
      row(FaultKind::jitter, "jitter",
          "the latency between two sides changes, to a range drawn anew again and again",
          "a mobile link, a neighbour who downloads",
          links({required("latency", range, "the ranges are drawn within this one"),
                 required("every", drawn(), "how long each lasts"),
                 required("for", drawn(), "how long it goes on")})),
      row(FaultKind::black_hole, "black_hole",
          "what passes between two sides vanishes for good, with the ends of connections: those "
          "that were "
          "there stay half open",
          "a host that is gone, a NAT that forgot and says nothing", links({healing})),
      row(FaultKind::bandwidth, "bandwidth", "few bytes a second pass between two sides",
          "a link shared with a backup", links({rate, healing})),
      row(FaultKind::chop_reads, "chop_reads",
          "what arrives is read in pieces that end anywhere, some late and merged",
          "small segments, a busy host", links({healing})),
      row(FaultKind::reset_mid_frame, "reset_mid_frame",
          "the next bytes from one side to the other arrive in part, then their connection breaks, "
          "once",
          "a proxy restarted while it forwards", links({healing})),
      row(FaultKind::slow_reader, "slow_reader",
          "a program reads few bytes a second of each connection; its senders wait",
          "an overloaded host, a full socket buffer", {target, rate, healing}),
      row(FaultKind::store_slow, "store_slow",
          "every operation on the disk of the orchestrator takes longer",
          "a busy or dying disk, a network volume",
          {required("delay", range, "drawn for each operation; a commit has about ten"), healing}),
      row(FaultKind::store_error, "store_error",
          "reads, writes and syncs of the orchestrator's store fail",
          "a dying disk, a volume mounted read-only by the kernel",
          {optional("share", share, "of all such operations; without it, all of them"), healing}),
      row(FaultKind::store_out, "store_out",
          "nothing can be done with any file of the orchestrator's disk, opening included",
          "a volume that was detached, the database down", {healing}),
      row(FaultKind::disk_full, "disk_full",
          "no file of the orchestrator's disk can grow; what is there can be overwritten",
          "a log that fills the disk", {healing}),
      row(FaultKind::store_locked, "store_locked",
          "another process holds the lock of the store: felt by an orchestrator that starts",
          "a backup or a shell that has the file open, a second orchestrator", {healing}),
      row(FaultKind::power_loss, "power_loss",
          "the program ends; of what its disk had not synced, each sector is lost or not, drawn; "
          "healing starts it again",
          "power lost, a kernel panic, a reset virtual machine",
          {target, lasts("how long it is away; without it, to the end of the run")}),
      row(FaultKind::store_restored, "store_restored",
          "the orchestrator ends, and its files are replaced by a copy made before; healing starts "
          "it again",
          "a backup restored by hand, a snapshot rolled back",
          {required("age", drawn(), "how long before the fault the copy was made"),
           lasts("how long it is away; without it, to the end of the run")}),
  };
}

}  // namespace

std::span<const FaultRow> fault_table() {
  static const std::vector<FaultRow> table = make_table();
  return table;
}

const FaultRow& fault_row(FaultKind kind) {
  const auto found = std::ranges::find(fault_table(), kind, &FaultRow::kind);
  ensure(found != fault_table().end(), "every kind of fault has a row");
  return *found;
}

}  // namespace arbees::sim
