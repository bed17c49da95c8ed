#include "tests/real/story.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "sim/report/periodic_events.h"

namespace arbees::real {
namespace {

struct Exclusion {
  std::string_view name;
  std::string_view why;
};

/// Events that are no part of the story, beside sim/report/periodic_events.h.
constexpr std::array excluded_events{
    Exclusion{"node_started", "the world's own; no process can record it of itself"},
    Exclusion{"node_crashed", "the world's own"},
    Exclusion{"node_exited", "the world's own"},
    Exclusion{"node_frozen", "the world's own"},
    Exclusion{"node_thawed", "the world's own"},
    Exclusion{"fault_started", "the world's own"},
    Exclusion{"fault_healed", "the world's own"},
    Exclusion{"store_loaded", "the simulated disk's own"},
    Exclusion{"store_write_begun", "the simulated disk's own"},
    Exclusion{"store_write_acknowledged", "the simulated disk's own"},
    Exclusion{"signal_refused", "the simulated consumer's own"},
    Exclusion{"process_started", "the host's own: the core does not know that it is a process"},
    Exclusion{"process_ending", "the host's own"},
    Exclusion{"termination_asked", "the host's own"},
    Exclusion{"signals_not_sent", "the host's own"},
    Exclusion{"state_not_durable", "the simulator's store is a disk, production's is not yet"},
    Exclusion{"games_file_read", "the host's own; the simulator's games come from the scenario"},
    Exclusion{"stall_noticed", "says how busy this machine is"},
    Exclusion{"roll_call_sent", "a question, repeated with every link that comes back"},
    Exclusion{"state_not_durable",
              "the simulator's disk survives a process; production's store does not"},
    Exclusion{"alert_pending", "a link that is back at once depends on the random waits"},
    Exclusion{"alert_passed", "the same"},
    Exclusion{"alert_notified", "what is told together is what begins within half a second"},
    Exclusion{"alert_inhibited", "the same"},
    Exclusion{"command_ignored", "what is on its way when a lease ends depends on the phase"},
    Exclusion{"heartbeat_ignored", "the same, the other way"},
    Exclusion{"publications_dropped", "how many messages meet a dead link depends on their phase"},
};

/// Fields that differ from run to run. Spans and moments are left out by their shape.
constexpr std::array excluded_fields{
    Exclusion{"boot", "drawn at random"},
    Exclusion{"instance", "drawn at random"},
    Exclusion{"old_process_id", "random"},
    Exclusion{"new_process_id", "random"},
    Exclusion{"old_started_at", "a time"},
    Exclusion{"new_started_at", "a time"},
    Exclusion{"attempts", "how often the random waits let a link try"},
    Exclusion{"detail", "words of the operating system"},
    Exclusion{"text", "words for people, with times"},
    Exclusion{"durable", "the simulator's disk survives a process; production's store does not"},
};

template <std::size_t Size>
bool named(const std::array<Exclusion, Size>& list, std::string_view name) {
  return std::ranges::find(list, name, &Exclusion::name) != list.end();
}

bool is_change(const sim::RecordedEvent& event) {
  return !sim::is_periodic(event.event) && !named(excluded_events, event.event);
}

std::string subject_of(const sim::RecordedEvent& event) {
  const auto joined = [](std::initializer_list<std::string_view> words) {
    std::string text;
    for (const std::string_view word : words) {
      text.append(text.empty() ? "" : " ").append(word);
    }
    return text;
  };
  if (event.event.starts_with("link_")) {
    return joined({"link", event.node, event.text("role")});
  }
  if (event.event.starts_with("alert_")) {
    return joined({"alert", event.text("type"), event.text("subject")});
  }
  if (const std::string_view game = event.text("game"); !game.empty()) {
    return joined({"game", game});
  }
  if (const std::string_view shard = event.text("shard"); !shard.empty()) {
    return joined({"shard", shard});
  }
  return event.node;
}

/// Writes the fields that two runs share.
class SharedFields final : public FieldVisitor {
 public:
  explicit SharedFields(std::string& out) : out_(out) {}

  void text(std::string_view field, std::string_view value) override { put(field, value); }
  void count(std::string_view field, std::uint64_t value) override {
    put(field, std::to_string(value));
  }
  void flag(std::string_view field, bool value) override { put(field, value ? "yes" : "no"); }
  void duration(std::string_view /*field*/, Duration /*value*/) override {}
  void moment(std::string_view /*field*/, MonoTime /*value*/) override {}
  void texts(std::string_view field, std::span<const std::string_view> values) override {
    std::string list;
    for (const std::string_view value : values) {
      list.append(list.empty() ? "" : ",").append(value);
    }
    put(field, list);
  }

 private:
  void put(std::string_view field, std::string_view value) {
    if (!named(excluded_fields, field)) {
      out_.append(" ").append(field).append("=").append(value);
    }
  }

  std::string& out_;
};

std::string what_of(const sim::RecordedEvent& event) {
  std::string text = event.event;
  SharedFields fields(text);
  event.visit(fields);
  return text;
}

std::string cause_of(const sim::RecordedEvent& event, const sim::EventFile& events) {
  const sim::RecordedEvent* cause = events.find(event.cause);
  while (cause != nullptr && !is_change(*cause)) {
    cause = events.find(cause->cause);
  }
  return cause == nullptr ? "nothing" : subject_of(*cause) + ": " + cause->event;
}

std::string shown(const std::vector<Change>& changes, std::size_t i) {
  if (i >= changes.size()) {
    return "nothing more";
  }
  std::string text = changes[i].what;
  for (const std::string& cause : changes[i].causes) {
    text.append(&cause == &*changes[i].causes.begin() ? "  <- " : " or ").append(cause);
  }
  return text;
}

bool told(const Change& expected, const Change& actual) {
  return expected.what == actual.what && std::ranges::includes(expected.causes, actual.causes);
}

}  // namespace

Story story_of(const sim::EventFile& events) {
  Story story;
  for (const sim::RecordedEvent& event : events.events) {
    if (is_change(event)) {
      story[subject_of(event) + " @" + event.node].push_back(
          {what_of(event), {cause_of(event, events)}});
    }
  }
  return story;
}

std::size_t changes(const Story& story) {
  std::size_t all = 0;
  for (const auto& [subject, changes] : story) {
    all += changes.size();
  }
  return all;
}

std::vector<std::string> differences(const Story& expected, const Story& actual) {
  static const std::vector<Change> none;
  Story subjects = expected;
  subjects.insert(actual.begin(), actual.end());
  const auto of = [](const Story& story, const std::string& subject) -> const std::vector<Change>& {
    const auto found = story.find(subject);
    return found == story.end() ? none : found->second;
  };
  std::vector<std::string> found;
  for (const auto& [subject, unused] : subjects) {
    const std::vector<Change>& left = of(expected, subject);
    const std::vector<Change>& right = of(actual, subject);
    const auto [at, other] = std::ranges::mismatch(left, right, told);
    if (at == left.end() && other == right.end()) {
      continue;
    }
    const auto i = static_cast<std::size_t>(at - left.begin());
    found.push_back(subject + ", change " + std::to_string(i + 1) + ":\n  expected  " +
                    shown(left, i) + "\n  actual    " + shown(right, i));
  }
  return found;
}

void join_causes(Story& story, const Story& other) {
  for (const auto& [subject, changes] : other) {
    std::vector<Change>& into = story.at(subject);
    for (std::size_t i = 0; i < changes.size(); ++i) {
      into.at(i).causes.insert(changes[i].causes.begin(), changes[i].causes.end());
    }
  }
}

}  // namespace arbees::real
