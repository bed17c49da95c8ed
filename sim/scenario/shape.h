#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/scenario/document.h"

namespace arbees::sim {

struct Shape;
using ShapePtr = std::shared_ptr<const Shape>;

/// One key of an object.
struct Field {
  enum class Need : std::uint8_t { required, optional };
  std::string key;
  ShapePtr shape;
  Need need;
  std::string doc;
  bool drawn = true;  ///< false: swarms leave it out
};

/// What a value in a file may be. Files are checked against shapes, and schema.json is made from them:
/// what is documented is what is accepted.
struct Shape {
  enum class Kind : std::uint8_t {
    text,    ///< any text of 1 to 300 bytes
    name,    ///< letters, digits, and - _ . in between: names of nodes, games, scenarios
    word,    ///< one of `words`
    count,   ///< a whole number from `least` to `most`
    number,  ///< a number that is not negative, with decimals
    flag,    ///< true or false
    scalar,  ///< a text, a number, true or false: as written
    span,    ///< a span of time
    drawn,   ///< a span, {"between": [span, span]} drawn from the seed, or "$parameter"
    list,    ///< of `item`, `least` to `most` of them
    object,  ///< of `fields`
    map,     ///< free keys, values of `item`
    choice,  ///< one of `options`, told apart by their JSON kind or by the first key of an object
    tagged   ///< an object whose first field's value (a word) selects one of `options`
  };
  Kind kind;
  std::string what;  ///< for messages: "the name of a shard"
  std::vector<std::string> words = {};
  std::uint64_t least = 0;
  std::uint64_t most = 0;
  ShapePtr item = {};
  std::vector<Field> fields = {};
  std::vector<ShapePtr> options = {};
  std::size_t drawn_words = 0;  ///< so many of `words`, the first ones, may be drawn
};

namespace shapes {

[[nodiscard]] ShapePtr text(std::string what);
[[nodiscard]] ShapePtr name(std::string what);
[[nodiscard]] ShapePtr word(std::string what, std::vector<std::string> words);
/// Only the first `drawn` of them are ever drawn; the others stand in files that were written by hand.
[[nodiscard]] ShapePtr word(std::string what, std::vector<std::string> words, std::size_t drawn);
[[nodiscard]] ShapePtr count(std::string what, std::uint64_t least, std::uint64_t most);
[[nodiscard]] ShapePtr number(std::string what);
[[nodiscard]] ShapePtr flag();
[[nodiscard]] ShapePtr scalar(std::string what);
[[nodiscard]] ShapePtr span();
[[nodiscard]] ShapePtr drawn();
[[nodiscard]] ShapePtr list(ShapePtr item, std::uint64_t least, std::uint64_t most);
[[nodiscard]] ShapePtr object(std::string what, std::vector<Field> fields);
[[nodiscard]] ShapePtr map(std::string what, ShapePtr item);
[[nodiscard]] ShapePtr choice(std::string what, std::vector<ShapePtr> options);
[[nodiscard]] ShapePtr tagged(std::string what, std::vector<ShapePtr> options);
[[nodiscard]] Field required(std::string key, ShapePtr shape, std::string doc);
[[nodiscard]] Field optional(std::string key, ShapePtr shape, std::string doc);
/// An optional key that swarms leave out.
[[nodiscard]] Field by_hand(std::string key, ShapePtr shape, std::string doc);

}  // namespace shapes

/// The first thing about `value` that its shape does not allow; none: all is as it should be.
[[nodiscard]] std::optional<FileProblem> check_shape(const Value& value, const Shape& shape,
                                                     const std::string& pointer = {});

/// "unknown X \"given\"" with the nearest of the words that would be right.
[[nodiscard]] std::string unknown_word(std::string_view what, std::string_view given,
                                       const std::vector<std::string>& words);

/// The shape as a JSON schema (draft 2020-12), indented.
[[nodiscard]] std::string schema_json(const Shape& shape, std::string_view title);

/// A pointer one step deeper: `/` and `~` in keys escaped as RFC 6901 has it.
[[nodiscard]] std::string pointer_to(const std::string& parent, std::string_view key);
[[nodiscard]] std::string pointer_to(const std::string& parent, std::size_t index);

}  // namespace arbees::sim
