#include "prod/events/packed_event.h"

#include <array>
#include <cstring>
#include <vector>

#include "core/base/assert.h"

namespace arbees::prod {
namespace {

enum class Shape : char { text, count, flag, duration, moment, texts };

void put(std::string& out, std::uint64_t number) {
  std::array<char, sizeof number> bytes = {};
  std::memcpy(bytes.data(), &number, sizeof number);
  out.append(bytes.data(), bytes.size());
}

void put(std::string& out, std::string_view text) {
  put(out, text.size());
  out += text;
}

void put(std::string& out, std::int64_t number) { put(out, static_cast<std::uint64_t>(number)); }

void begin(std::string& out, Shape shape, std::string_view field) {
  out += static_cast<char>(shape);
  put(out, field);
}

/// Takes from the front what `put` appended.
class Unpacker {
 public:
  explicit Unpacker(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] bool done() const { return bytes_.empty(); }
  Shape shape() { return static_cast<Shape>(take(1).front()); }
  std::uint64_t number() {
    std::uint64_t number = 0;
    std::memcpy(&number, take(sizeof number).data(), sizeof number);
    return number;
  }
  std::string_view text() { return take(number()); }
  Duration duration() { return Duration{static_cast<std::int64_t>(number())}; }

 private:
  std::string_view take(std::size_t size) {
    ensure(size <= bytes_.size(), "a packed event is whole");
    const std::string_view front = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return front;
  }

  std::string_view bytes_;
};

}  // namespace

void FieldPacker::text(std::string_view field, std::string_view value) {
  begin(out_, Shape::text, field);
  put(out_, value);
}

void FieldPacker::count(std::string_view field, std::uint64_t value) {
  begin(out_, Shape::count, field);
  put(out_, value);
}

void FieldPacker::flag(std::string_view field, bool value) {
  begin(out_, Shape::flag, field);
  put(out_, std::uint64_t{value});
}

void FieldPacker::duration(std::string_view field, Duration value) {
  begin(out_, Shape::duration, field);
  put(out_, value.count());
}

void FieldPacker::moment(std::string_view field, MonoTime value) {
  begin(out_, Shape::moment, field);
  put(out_, value.time_since_epoch().count());
}

void FieldPacker::texts(std::string_view field, std::span<const std::string_view> values) {
  begin(out_, Shape::texts, field);
  put(out_, std::uint64_t{values.size()});
  for (const std::string_view value : values) {
    put(out_, value);
  }
}

void unpack(std::string_view packed, FieldVisitor& visitor) {
  Unpacker from(packed);
  while (!from.done()) {
    const Shape shape = from.shape();
    const std::string_view field = from.text();
    switch (shape) {
      case Shape::text: visitor.text(field, from.text()); break;
      case Shape::count: visitor.count(field, from.number()); break;
      case Shape::flag: visitor.flag(field, from.number() != 0); break;
      case Shape::duration: visitor.duration(field, from.duration()); break;
      case Shape::moment: visitor.moment(field, MonoTime{from.duration()}); break;
      case Shape::texts: {
        std::vector<std::string_view> values(from.number());
        for (std::string_view& value : values) {
          value = from.text();
        }
        visitor.texts(field, values);
        break;
      }
    }
  }
}

}  // namespace arbees::prod
