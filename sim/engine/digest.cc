#include "sim/engine/digest.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>
#include <type_traits>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace arbees::sim {
namespace {

static_assert(std::endian::native == std::endian::little,
              "digests are defined on little-endian bytes");

/// One byte before each value, so that no two different sequences of values have the same bytes.
enum class Shape : char { event = 1, bytes, text, count, flag, duration, moment, texts };

/// Writes an item as bytes: every value after its shape, every text after its length.
class Encoder final : public FieldVisitor {
 public:
  explicit Encoder(std::string& out) : out_(out) { out_.clear(); }

  void text(std::string_view, std::string_view value) override { put(Shape::text, value); }
  void count(std::string_view, std::uint64_t value) override { put(Shape::count, value); }
  void flag(std::string_view, bool value) override { put(Shape::flag, value ? 1U : 0U); }
  void duration(std::string_view, Duration value) override {
    put(Shape::duration, static_cast<std::uint64_t>(value.count()));
  }
  void moment(std::string_view, MonoTime value) override {
    put(Shape::moment, static_cast<std::uint64_t>(value.time_since_epoch().count()));
  }
  void texts(std::string_view, std::span<const std::string_view> values) override {
    put(Shape::texts, values.size());
    for (const std::string_view value : values) {
      put(Shape::text, value);
    }
  }

  void put(Shape shape, std::uint64_t value) {
    char bytes[1 + sizeof value];
    bytes[0] = static_cast<char>(shape);
    std::memcpy(bytes + 1, &value, sizeof value);
    out_.append(bytes, sizeof bytes);
  }

 private:
  void put(Shape shape, std::string_view value) {
    put(shape, value.size());
    out_.append(value);
  }

  std::string& out_;
};

std::string in_nanoseconds(Duration span) { return std::to_string(span.count()).append("ns"); }

/// Writes an item in words, for the report of a difference.
class Describer final : public FieldVisitor {
 public:
  explicit Describer(std::string& out) : out_(out) {}

  void text(std::string_view field, std::string_view value) override { put(field, value); }
  void count(std::string_view field, std::uint64_t value) override {
    put(field, std::to_string(value));
  }
  void flag(std::string_view field, bool value) override { put(field, value ? "true" : "false"); }
  void duration(std::string_view field, Duration value) override {
    put(field, in_nanoseconds(value));
  }
  void moment(std::string_view field, MonoTime value) override {
    put(field, in_nanoseconds(value.time_since_epoch()));
  }
  void texts(std::string_view field, std::span<const std::string_view> values) override {
    std::string list;
    for (const std::string_view value : values) {
      list.append(list.empty() ? "" : ",").append(value);
    }
    put(field, list);
  }

 private:
  void put(std::string_view field, std::string_view value) {
    out_.append(" ").append(field).append("=").append(value);
  }

  std::string& out_;
};

std::string describe(const ItemPlace& place, std::string_view what) {
  std::string text = in_nanoseconds(place.time.time_since_epoch());
  text.append(" node ").append(std::to_string(value(place.node)));
  text.append(" draws ").append(std::to_string(place.draws)).append(": ").append(what);
  return text;
}

/// Bytes as they can stand in a line of text; the beginning only.
std::string printable(std::string_view bytes) {
  constexpr std::size_t shown = 160;
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes.substr(0, shown)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f && c != '\\') {
      text += c;
    } else {
      text.append("\\x") += digits[byte >> 4U];
      text += digits[byte & 15U];
    }
  }
  return text.append(bytes.size() > shown ? "…" : "");
}

std::uint64_t hash(std::uint64_t before, std::string_view bytes) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), before);
}

void put_place(Encoder& out, Shape item, const ItemPlace& place) {
  out.put(item, static_cast<std::uint64_t>(place.time.time_since_epoch().count()));
  out.count({}, value(place.node));
  out.count({}, place.draws);
}

}  // namespace

void Digest::add_event(const ItemPlace& place, EventId id, EventId cause, MonoTime node_time,
                       const EventView& event) {
  Encoder out(scratch_);
  put_place(out, Shape::event, place);
  out.count({}, id.value());
  out.count({}, cause.value());
  out.moment({}, node_time);
  out.text({}, event.name());
  event.visit(out);
  value_ = hash(value_, scratch_);
  if (recording_now()) {
    std::string text(event.name());
    Describer words(text);
    event.visit(words);
    words(std::string_view("id"), id);
    words(std::string_view("cause"), cause);
    recording_.push_back({value_, describe(place, text), id});
  }
  finish_item(place.time);
}

void Digest::add_bytes(const ItemPlace& place, NodeIndex to, std::uint64_t connection,
                       std::uint64_t offset, std::string_view bytes) {
  Encoder out(scratch_);
  put_place(out, Shape::bytes, place);
  out.count({}, sim::value(to));
  out.count({}, connection);
  out.count({}, offset);
  out.count({}, bytes.size());
  value_ = hash(hash(value_, scratch_), bytes);
  if (recording_now()) {
    std::string text = std::to_string(bytes.size());
    text.append(" bytes to node ").append(std::to_string(sim::value(to)));
    text.append(" on connection ").append(std::to_string(connection));
    text.append(" from offset ").append(std::to_string(offset));
    text.append(": ").append(printable(bytes));
    recording_.push_back({value_, describe(place, text), EventId()});
  }
  finish_item(place.time);
}

void Digest::finish_item(SimTime time) {
  ++items_;
  if (items_ % items_per_checkpoint == 0) {
    ladder_.push_back({items_, time, value_});
  }
}

namespace {

/// How many leading elements two sequences share, given that once different they stay different: true
/// of running digests.
template <class Same>
std::size_t shared_prefix(std::size_t size, Same same) {
  std::size_t lo = 0;
  std::size_t hi = size;
  while (lo < hi) {
    const std::size_t middle = lo + (hi - lo) / 2;
    if (same(middle)) {
      lo = middle + 1;
    } else {
      hi = middle;
    }
  }
  return lo;
}

/// The recorded item `index` of a run in words, if it was recorded.
std::optional<std::string> words(const Digest& run, std::uint64_t index) {
  if (index >= run.items()) {
    return "(end)";
  }
  const std::uint64_t from = run.recorded_from();
  if (index < from || index - from >= run.recording().size()) {
    return std::nullopt;
  }
  return run.recording()[index - from].text;
}

/// Narrows `found` down to one item where both recordings reach back to where the runs were equal.
void narrow(Difference& found, const Digest& a, const Digest& b) {
  const std::uint64_t from = std::max({found.from, a.recorded_from(), b.recorded_from()});
  if (from > found.from && from >= found.to) {
    return;
  }
  const auto recorded_after = [from](const Digest& run) {
    const std::uint64_t skip = from - run.recorded_from();
    return std::span(run.recording()).subspan(std::min<std::size_t>(skip, run.recording().size()));
  };
  const std::span<const Digest::Recorded> in_a = recorded_after(a);
  const std::span<const Digest::Recorded> in_b = recorded_after(b);
  const std::size_t common = std::min(in_a.size(), in_b.size());
  const std::size_t equal =
      shared_prefix(common, [&](std::size_t i) { return in_a[i].digest == in_b[i].digest; });
  if (equal == 0 && from > found.from) {
    found.to = std::min(found.to, from + 1);  // it may lie before what was recorded
    return;
  }
  const std::uint64_t first = from + equal;
  const bool certain = equal < common || first >= std::min(a.items(), b.items());
  found.from = first;
  if (certain) {
    found.to = first + 1;
    found.a = words(a, first);
    found.b = words(b, first);
  }
}

}  // namespace

std::optional<Difference> first_difference(const Digest& a, const Digest& b) {
  if (a.items() == b.items() && a.value() == b.value()) {
    return std::nullopt;
  }
  const std::size_t rungs = std::min(a.ladder().size(), b.ladder().size());
  const std::size_t equal =
      shared_prefix(rungs, [&](std::size_t i) { return a.ladder()[i] == b.ladder()[i]; });
  Difference found{.from = equal * Digest::items_per_checkpoint,
                   .to = equal < rungs ? (equal + 1) * Digest::items_per_checkpoint
                                       : std::min(a.items(), b.items()) + 1,
                   .equal_until = equal > 0 ? a.ladder()[equal - 1].time : SimTime{},
                   .a = std::nullopt,
                   .b = std::nullopt};
  narrow(found, a, b);
  return found;
}

}  // namespace arbees::sim
