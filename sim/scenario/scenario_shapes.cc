#include "sim/scenario/scenario_shapes.h"

#include "sim/metrics/metrics.h"
#include "sim/scenario/fault_table.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/service_kinds.h"

namespace arbees::sim {
namespace {

using namespace shapes;

ShapePtr setting_map() {
  return map("settings by their environment names",
             scalar("the value of a setting, as the environment would have it"));
}

ShapePtr condition() {
  return choice(
      "a value or a condition",
      {scalar("the value of the field"),
       object("a condition", {required("not", scalar("a value"), "any other value")}),
       object("a condition",
              {required("between", list(span(), 2, 2), "a duration from the first to the second")}),
       object("a condition", {required("at_least", count("a number", 0, UINT32_MAX), "a count"),
                              optional("at_most", count("a number", 0, UINT32_MAX), "a count")}),
       object("a condition", {required("at_most", count("a number", 0, UINT32_MAX), "a count")})});
}

ShapePtr where() { return map("conditions by the names of fields", condition()); }

ShapePtr reference() {
  const ShapePtr which = word("choice", {"first", "last", "every"});
  return choice(
      "a fault or an event",
      {object("a moment of a fault",
              {required("fault", name("the name of a fault"), "a fault of this file"),
               optional("edge", word("edge", {"started", "healed"}), "started if it is not said"),
               optional("which", which, "of a fault that comes several times; first if not said")}),
       object("an event", {required("event", name("the name of an event"), "see list events"),
                           optional("where", where(), "what its fields must be"),
                           optional("node", name("a node"), "who recorded it"),
                           optional("which", which, "of several; first if not said")})});
}

ShapePtr node_or_nodes() {
  const ShapePtr node = name("the name of a node, or shards for all of them");
  return choice("a node, or a list of which each one counts", {node, list(node, 1, 1'000)});
}

ShapePtr expectation() {
  const Field where_field = optional("where", where(), "what its fields must be");
  const Field node = optional("node", node_or_nodes(), "who records it; of several nodes, each");
  const Field after =
      optional("after", reference(), "the moment the window is counted from; the start of the run");
  const Field within = optional("within", choice("a span or two", {span(), list(span(), 2, 2)}),
                                "how long after that moment: at most, or from and to");
  const Field note = optional("note", text("a remark"), "why this is expected");
  const Field when = optional(
      "when",
      object("a condition on a parameter",
             {required("parameter", name("the name of a parameter"), "a parameter of this file"),
              optional("at_least", span(), "its least value"),
              optional("at_most", span(), "its greatest value")}),
      "with other values of the parameter, nothing is expected");
  const ShapePtr number_of = count("how many", 0, UINT32_MAX);
  return choice(
      "an expectation",
      {object("an expectation",
              {required("event", name("the name of an event"), "see list events"), where_field,
               node, after, within, optional("count", number_of, "exactly so many"),
               optional("at_least", number_of, "1 if nothing is said"),
               optional("at_most", number_of, "no bound if nothing is said"),
               optional("each",
                        object("a list to go through",
                               {required("field", name("a field"), "of the expected event"),
                                required("of", name("a list"), "of the event named by after")}),
                        "one such event for every element of a list"),
               when, note}),
       object("an expectation",
              {required("never", name("the name of an event"), "an event that must not happen"),
               where_field, node, after, within, when, note}),
       object("an expectation",
              {required("metric", word("metric", metric_names()), "a figure of the run"),
               optional("at_least", number("a bound"), "in the unit of the metric"),
               optional("at_most", number("a bound"), "in the unit of the metric"), when, note})});
}

ShapePtr policies() {
  const ShapePtr invariants = list(name("the id of an invariant"), 0, 32);
  const ShapePtr policy =
      object("a policy",
             {optional("settings", setting_map(), "beside those of the policy's own file"),
              optional("violates", invariants,
                       "invariants that are broken in every run; that, too, is checked"),
              optional("may_violate", invariants, "invariants that are broken with some seeds"),
              required("expect", list(expectation(), 0, 200), "what a run must show")});
  std::vector<Field> fields;
  for (const std::string& name : policy_names()) {
    fields.push_back(optional(name, policy, "how this policy is judged here"));
  }
  return object("the policies", std::move(fields));
}

ShapePtr games() {
  const ShapePtr id = name("the id of a game");
  const ShapePtr game =
      object("a game",
             {required("id", id, "its id"), optional("sport", name("a sport"), "nba if not said"),
              optional("from", span(), "when it becomes live; the start if not said"),
              optional("until", span(), "when it ends; never if not said"),
              optional("again", span(), "when it goes on after that; never if not said")});
  const ShapePtr number_of = count("the number of games", 0, 20'000);
  return choice(
      "games",
      {number_of, list(choice("a game", {id, game}), 0, 20'000),
       object("games", {required("count", number_of, "how many"),
                        optional("from", span(), "when they become live; the start if not said"),
                        optional("until", span(), "when they end; never if not said")})});
}

ShapePtr parameters() {
  return map("parameters by name",
             object("a parameter", {required("default", drawn(), "the span if nobody chooses one"),
                                    required("doc", text("a remark"), "what it is")}));
}

ShapePtr faults() {
  std::vector<ShapePtr> kinds;
  for (const FaultRow& row : fault_table()) {
    kinds.push_back(row.shape);
  }
  return list(tagged("a fault", std::move(kinds)), 0, 1'000);
}

ShapePtr orders() {
  return list(
      object("an order of an operator",
             {required("at", drawn(), "when it is given"),
              required("order", word("order", {verb_names.begin(), verb_names.end()}),
                       "what is asked for"),
              optional("shard", name("the id of a shard"), "of whom; of a move: where to"),
              optional("game", name("the id of a game"), "what a move is about"),
              optional("deadline", span(), "of a drain: an alert if it is not over by then"),
              optional("why", text("a reason"), "kept in the audit")}),
      0, 1'000);
}

ShapePtr share_of_seeds(std::string hits) {
  return object("a share, as a ratio of whole numbers",
                {required("of", count("a count", 1, 1'000'000), "of so many,"),
                 required("hits", count("a count", 1, 1'000'000), std::move(hits))});
}

ShapePtr swarm() {
  const auto range = [](std::string what, std::uint64_t least, std::uint64_t most) {
    const ShapePtr bound = count(what, least, most);
    return object("a range of counts",
                  {required("least", bound, "at least"), required("most", bound, "at most")});
  };
  return object(
      "a swarm",
      {optional("faults", list(text("a kind of fault, or its beginning and *"), 1, 1'000),
                "kinds that may happen (\"redis_*\": all that begin so); each seed draws some of "
                "them. Without it, all there are"),
       optional("old_wire",
                object("fleets with shards of the existing system",
                       {required("share", share_of_seeds("so many have some"), "of the seeds"),
                        required("faults",
                                 list(text("a kind of fault, or its beginning and *"), 1, 1'000),
                                 "kinds that may happen beside them")}),
                "in some of the runs, up to half of the shards are of the existing system"),
       optional(
           "echoes",
           object("runs that are echoes of scenarios",
                  {required("share", share_of_seeds("so many are echoes"), "of the seeds"),
                   required("scenarios", list(name("a folder of scenarios"), 1, 100),
                            "folders beside that of the policies; those scenarios count that say "
                            "what the hardened policy does, and break no invariant")}),
           "some runs are committed scenarios, as they were or at other times"),
       required("episodes", range("a number of episodes", 0, 1'000), "how many faults happen"),
       required("shards", range("a number of shards", 1, 1'000), "how many there are"),
       required("games", range("a number of games", 0, 20'000), "how many are live"),
       optional("settings", count("a number of settings", 0, 100),
                "so many at most are drawn near where a relation between them would break"),
       optional("services", range("a number of services", 0, service_kinds.size()),
                "how many services that are no shards there are; none if not said"),
       optional("orders", range("a number of orders", 0, 1'000),
                "how often an operator asks for something, and takes it back where it lasts; never "
                "if not said"),
       required("calm", span(), "how long at the end every fault is healed")});
}

ShapePtr fleet() {
  return object("the fleet",
                {required("shards",
                          choice("shards", {count("the number of shards", 1, 1'000),
                                            list(name("the id of a shard"), 1, 1'000)}),
                          "how many (shard-1, shard-2, …), or their ids"),
                 optional("old_wire_shards",
                          choice("shards", {count("the number of shards", 1, 1'000),
                                            list(name("the id of a shard"), 1, 1'000)}),
                          "those that are shards of the existing system: so many, the first ones, "
                          "or by their ids"),
                 optional("redis_replicas", count("the number of replicas", 1, 8),
                          "replicas of the Redis server \"redis\": redis-2, redis-3, …"),
                 optional("sentinels", count("the number of sentinels", 1, 9),
                          "sentinel-1, …: they watch Redis, and the programs ask them for it"),
                 optional("sentinel_down_after", span(),
                          "silence after which a sentinel calls a server down; 5s if not said"),
                 optional("store", word("store", {"sqlite", "memory"}),
                          "what the orchestrator keeps its state in: SQLite on a simulated disk if "
                          "not said; memory cannot fail"),
                 optional("services", list(word("service", service_names()), 1, 16),
                          "services that are no shards: they publish heartbeats and write keys")});
}

}  // namespace

const Shape& scenario_shape() {
  static const ShapePtr shape = object(
      "a scenario",
      {required("name", name("a name"), "the name of the file, without .json"),
       required("title", text("a title"), "one sentence for people"),
       required("source", text("a source"), "where the story comes from"),
       required("duration", span(), "how long it goes on, in simulated time"),
       required("fleet", fleet(), "who takes part, beside one orchestrator and one Redis"),
       required("games", games(), "live games: how many, or which and when"),
       optional("network",
                object("the network",
                       {required("latency",
                                 object("a range", {required("between", list(span(), 2, 2),
                                                             "the shortest and the longest")}),
                                 "one way, drawn for every segment")}),
                "where no fault says otherwise"),
       optional("settings", setting_map(), "of every program, under every policy"),
       optional("shard_settings", map("settings by shard", setting_map()), "of single shards"),
       optional("parameters", parameters(), "spans that --param may change; used as \"$name\""),
       required("faults", faults(), "what is broken, and when"),
       optional("orders", orders(), "what operators ask of the orchestrator"),
       optional("swarm", swarm(), "what each seed draws anew, beside what the file itself says"),
       required("policies", policies(), "how the fleet is set, and what must then happen")});
  return *shape;
}

const Shape& policy_file_shape() {
  static const ShapePtr shape =
      object("a policy", {required("name", name("a name"), "the name of the file, without .json"),
                          required("title", text("a title"), "one sentence for people"),
                          required("settings", setting_map(), "what it sets")});
  return *shape;
}

std::string scenario_schema() { return schema_json(scenario_shape(), "Arbees scenario"); }

}  // namespace arbees::sim
