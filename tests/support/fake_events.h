#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/assert.h"
#include "core/ports/event_sink.h"

namespace arbees::testing {

/// One recorded event. Fields are text: counts in decimal, flags `true` or `false`, spans and moments in
/// nanoseconds, lists joined by commas.
struct RecordedEvent {
  EventId id;
  EventId cause;
  std::string name;
  std::vector<std::pair<std::string, std::string>> fields;

  [[nodiscard]] const std::string& field(std::string_view wanted) const {
    const auto found = std::ranges::find(fields, wanted, [](const auto& f) { return f.first; });
    ensure(found != fields.end(), "the event has the field that the test asks for");
    return found->second;
  }
  [[nodiscard]] std::uint64_t count(std::string_view wanted) const {
    return std::stoull(field(wanted));
  }
  [[nodiscard]] Duration duration(std::string_view wanted) const {
    return Duration{std::stoll(field(wanted))};
  }
};

/// Keeps every event; ids count from 1.
class FakeEvents final : public EventSink {
 public:
  EventId record(EventView event, EventId cause) override {
    RecordedEvent& recorded = all_.emplace_back();
    recorded.id = EventId(all_.size());
    recorded.cause = cause;
    recorded.name = event.name();
    Writer writer(recorded);
    event.visit(writer);
    return recorded.id;
  }

  [[nodiscard]] const std::vector<RecordedEvent>& all() const { return all_; }
  [[nodiscard]] std::vector<RecordedEvent> named(std::string_view name) const {
    std::vector<RecordedEvent> found;
    std::ranges::copy_if(all_, std::back_inserter(found),
                         [name](const RecordedEvent& event) { return event.name == name; });
    return found;
  }
  [[nodiscard]] std::size_t count(std::string_view name) const { return named(name).size(); }
  [[nodiscard]] const RecordedEvent& last(std::string_view name) const {
    const auto found = std::ranges::find(all_.rbegin(), all_.rend(), name, &RecordedEvent::name);
    ensure(found != all_.rend(), "the event that the test asks for was recorded");
    return *found;
  }
  [[nodiscard]] const RecordedEvent& at(EventId id) const { return all_.at(id.value() - 1); }
  /// An event of the test's own, for use as a cause.
  EventId mark(std::string name) {
    RecordedEvent& recorded = all_.emplace_back();
    recorded.id = EventId(all_.size());
    recorded.name = std::move(name);
    return recorded.id;
  }

 private:
  class Writer final : public FieldVisitor {
   public:
    explicit Writer(RecordedEvent& event) : event_(event) {}

    void text(std::string_view field, std::string_view value) override { put(field, value); }
    void count(std::string_view field, std::uint64_t value) override {
      put(field, std::to_string(value));
    }
    void flag(std::string_view field, bool value) override { put(field, value ? "true" : "false"); }
    void duration(std::string_view field, Duration value) override {
      put(field, std::to_string(value.count()));
    }
    void moment(std::string_view field, MonoTime value) override {
      put(field, std::to_string(value.time_since_epoch().count()));
    }
    void texts(std::string_view field, std::span<const std::string_view> values) override {
      std::string joined;
      for (const std::string_view value : values) {
        joined.append(joined.empty() ? "" : ",").append(value);
      }
      put(field, joined);
    }

   private:
    void put(std::string_view field, std::string_view value) {
      event_.fields.emplace_back(field, value);
    }
    RecordedEvent& event_;
  };

  std::vector<RecordedEvent> all_;
};

}  // namespace arbees::testing
