#include "sim/scenario/fault_table.h"

#include <algorithm>
#include <vector>

#include "core/base/assert.h"

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
  return {
      row(FaultKind::crash, "crash",
          "the program ends without a word, its kernel closes its connections; healing starts it "
          "again",
          "kill -9, an out-of-memory kill, power lost",
          {target, lasts("how long it is away; without it, to the end of the run")}),
      row(FaultKind::restart, "restart",
          "the program is asked to end (SIGTERM), and started again; one still running then is "
          "killed",
          "a deployment, docker restart",
          {target, required("for", drawn(), "from the request to end until the new start")}),
      row(FaultKind::pause, "pause",
          "the program takes no steps, its kernel goes on; healing lets it continue",
          "SIGSTOP, a frozen virtual machine, a long garbage collection elsewhere",
          {target, healing}),
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
