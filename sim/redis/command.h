#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace arbees::sim::redis {

struct Request;

/// What COMMAND INFO says about a command, in its order.
enum class Flag : std::uint8_t {
  write,
  readonly,
  denyoom,
  admin,
  pubsub,
  noscript,
  loading,  ///< allowed while the server loads its data
  stale,    ///< allowed at a replica that lost its master
  skip_slowlog,
  fast,
  no_auth,  ///< allowed before logging in
  allow_busy,
  no_async_loading,
  no_multi  ///< not allowed in a transaction
};
inline constexpr std::array<std::string_view, 14> flag_names{
    "write", "readonly",     "denyoom", "admin",   "pubsub",     "noscript",         "loading",
    "stale", "skip_slowlog", "fast",    "no_auth", "allow_busy", "no_async_loading", "no_multi"};

/// The categories of the access rules, in the order COMMAND INFO gives them.
enum class Category : std::uint8_t {
  keyspace,
  read,
  write,
  set,
  sortedset,
  list,
  hash,
  string,
  bitmap,
  hyperloglog,
  geo,
  stream,
  pubsub,
  admin,
  fast,
  slow,
  blocking,
  dangerous,
  connection,
  transaction,
  scripting
};
inline constexpr std::array<std::string_view, 21> category_names{
    "keyspace", "read",   "write",       "set",       "sortedset",  "list",        "hash",
    "string",   "bitmap", "hyperloglog", "geo",       "stream",     "pubsub",      "admin",
    "fast",     "slow",   "blocking",    "dangerous", "connection", "transaction", "scripting"};

/// A set of flags or categories, written as their names: "write denyoom". A name that does not
/// exist does not compile.
template <class Member, const auto& names>
class NamedSet {
 public:
  constexpr NamedSet() = default;
  // Implicit: a row of the table reads like the line COMMAND INFO prints.
  consteval NamedSet(const char* words) {  // NOLINT(google-explicit-constructor)
    std::string_view rest = words;
    while (!rest.empty()) {
      const std::size_t end = rest.find(' ');
      bits_ |= bit(position(rest.substr(0, end)));
      rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    }
  }

  [[nodiscard]] constexpr bool has(Member member) const {
    return (bits_ & bit(static_cast<std::size_t>(member))) != 0;
  }
  [[nodiscard]] constexpr NamedSet operator|(NamedSet other) const {
    return from(bits_ | other.bits_);
  }
  [[nodiscard]] constexpr NamedSet operator&(NamedSet other) const {
    return from(bits_ & other.bits_);
  }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  /// Calls `visit` with the name of each member, in order.
  template <class Visit>
  void for_each(Visit visit) const {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if ((bits_ & bit(i)) != 0) {
        visit(names[i]);
      }
    }
  }

 private:
  static constexpr std::uint32_t bit(std::size_t position) { return std::uint32_t{1} << position; }
  static constexpr NamedSet from(std::uint32_t bits) {
    NamedSet set;
    set.bits_ = bits;
    return set;
  }
  static consteval std::size_t position(std::string_view name) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (names[i] == name) {
        return i;
      }
    }
    throw "no such name";
  }

  std::uint32_t bits_ = 0;
};

using Flags = NamedSet<Flag, flag_names>;
using Categories = NamedSet<Category, category_names>;

/// Which arguments are keys: first, last (-1: to the end), every how many. Zeros: none.
struct KeyPositions {
  int first = 0;
  int last = 0;
  int step = 0;
};

/// What the server knows of a command or subcommand.
struct Command {
  std::string_view name;       ///< in lower case
  std::string_view full_name;  ///< as errors show it: "client|setname"
  int arity;                   ///< number of arguments with the name; -n: n or more
  Flags flags;
  KeyPositions keys;
  Categories categories;
  void (*run)(Request&);  ///< null for a command that only has subcommands
  std::span<const Command> subcommands = {};
};

}  // namespace arbees::sim::redis
