#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/base/ids.h"
#include "core/base/time.h"

namespace arbees {

/// How loud an event is where people read along. Never decides anything.
enum class Severity : std::uint8_t { debug, info, warning, critical };

[[nodiscard]] std::string_view to_string(Severity severity);

/// Receives the fields of an event one by one, in their declared order. Digest, JSON, log lines and
/// reports are all made this way: an event type is described once.
class FieldVisitor {
 public:
  virtual ~FieldVisitor() = default;
  virtual void text(std::string_view field, std::string_view value) = 0;
  virtual void count(std::string_view field, std::uint64_t value) = 0;
  virtual void flag(std::string_view field, bool value) = 0;
  /// A span of time. JSON shows milliseconds with a name ending in `_ms`.
  virtual void duration(std::string_view field, Duration value) = 0;
  /// A moment on the recording node's own monotonic clock.
  virtual void moment(std::string_view field, MonoTime value) = 0;
  virtual void texts(std::string_view field, std::span<const std::string_view> values) = 0;

  // What events are written with: forwards each type to one of the shapes above.
  void operator()(std::string_view field, std::string_view value) { text(field, value); }
  void operator()(std::string_view field, bool value) { flag(field, value); }
  void operator()(std::string_view field, Duration value) { duration(field, value); }
  void operator()(std::string_view field, MonoTime value) { moment(field, value); }
  template <class Tag>
  void operator()(std::string_view field, const Name<Tag>& value) {
    text(field, value.str());
  }
  template <class Tag>
  void operator()(std::string_view field, Number<Tag> value) {
    count(field, value.value());
  }
  template <class Integer>
    requires std::is_unsigned_v<Integer> && (!std::is_same_v<Integer, bool>)
  void operator()(std::string_view field, Integer value) {
    count(field, value);
  }
  template <class Enum>
    requires std::is_enum_v<Enum>
  void operator()(std::string_view field, Enum value) {
    text(field, to_string(value));
  }
  template <class Tag>
  void operator()(std::string_view field, const std::vector<Name<Tag>>& values) {
    std::vector<std::string_view> views;
    views.reserve(values.size());
    for (const Name<Tag>& value : values) {
      views.emplace_back(value.str());
    }
    texts(field, views);
  }
};

/// What is known of an event type at run time. One static object per type.
struct EventType {
  std::string_view name;
  Severity severity;
  void (*visit)(const void* event, FieldVisitor& visitor);
};

/// An event struct has `static constexpr std::string_view name`, `static constexpr Severity severity`
/// and `void visit(FieldVisitor& v) const`, which calls `v("field", value)` for each field in order.
template <class E>
concept EventStruct = requires(const E& event, FieldVisitor& visitor) {
  { E::name } -> std::convertible_to<std::string_view>;
  { E::severity } -> std::convertible_to<Severity>;
  event.visit(visitor);
};

template <EventStruct E>
inline constexpr EventType event_type{
    E::name, E::severity,
    [](const void* event, FieldVisitor& visitor) { static_cast<const E*>(event)->visit(visitor); }};

/// A borrowed event of any type; lives as long as the struct it looks at.
class EventView {
 public:
  template <EventStruct E>
  // NOLINTNEXTLINE(google-explicit-constructor): a view is made where an event is passed on.
  EventView(const E& event) : type_(&event_type<E>), event_(&event) {}

  [[nodiscard]] const EventType& type() const { return *type_; }
  [[nodiscard]] std::string_view name() const { return type_->name; }
  void visit(FieldVisitor& visitor) const { type_->visit(event_, visitor); }

  /// The event as an `E`, or null if it is of another type.
  template <EventStruct E>
  [[nodiscard]] const E* get_if() const {
    return type_ == &event_type<E> ? static_cast<const E*>(event_) : nullptr;
  }

 private:
  const EventType* type_;
  const void* event_;
};

/// An event with its place in the story. `cause` is the event that led to this one, possibly on
/// another node; none for what nobody caused (a timer of the fleet's normal life, an operator).
struct Envelope {
  EventId id;
  EventId cause;
  std::string_view node;
  MonoTime node_time;  ///< the node's own clock, when it recorded the event
  EventView event;
};

}  // namespace arbees
