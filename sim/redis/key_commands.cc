#include "sim/redis/key_commands.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/redis/errors.h"
#include "sim/redis/expiry.h"
#include "sim/redis/glob.h"
#include "sim/redis/integer.h"
#include "sim/redis/request.h"
#include "sim/redis/resp.h"
#include "sim/redis/text.h"

namespace arbees::sim::redis {
namespace {

/// On what EXPIRE depends.
struct ExpireConditions {
  bool no_end = false;   ///< NX: only a key without an end
  bool has_end = false;  ///< XX
  bool later = false;    ///< GT: no end is the latest
  bool sooner = false;   ///< LT

  [[nodiscard]] bool hold(std::optional<UnixMs> old, UnixMs wanted) const {
    return !(no_end && old) && !(has_end && !old) && !(later && (!old || wanted <= *old)) &&
           !(sooner && old && wanted >= *old);
  }
};

/// None once the request was refused.
std::optional<ExpireConditions> parse_conditions(Request& request) {
  ExpireConditions conditions;
  for (const std::string_view word : request.arguments.subspan(3)) {
    if (equals_ignoring_case(word, "NX")) {
      conditions.no_end = true;
    } else if (equals_ignoring_case(word, "XX")) {
      conditions.has_end = true;
    } else if (equals_ignoring_case(word, "GT")) {
      conditions.later = true;
    } else if (equals_ignoring_case(word, "LT")) {
      conditions.sooner = true;
    } else {
      request.refuse("ERR Unsupported option " + std::string(word.substr(0, word.find('\0'))));
      return std::nullopt;
    }
  }
  if (conditions.no_end && (conditions.has_end || conditions.later || conditions.sooner)) {
    request.refuse("ERR NX and XX, GT or LT options at the same time are not compatible");
    return std::nullopt;
  }
  if (conditions.later && conditions.sooner) {
    request.refuse("ERR GT and LT options at the same time are not compatible");
    return std::nullopt;
  }
  return conditions;
}

/// An end that has passed ends the key at once.
void give_end(Request& request, ExpiryForm form, std::string_view command) {
  const auto conditions = parse_conditions(request);
  if (!conditions) {
    return;
  }
  const auto count = parse_integer(request.arguments[2]);
  if (!count) {
    request.refuse(not_an_integer);
    return;
  }
  Dataset& data = request.data();
  const auto end = form.instant(*count, data.now());
  if (!end) {
    request.refuse("ERR invalid expire time in '" + std::string(command) + "' command");
    return;
  }
  const std::string_view key = request.arguments[1];
  const Entry* entry = data.find(request.database(), key);
  if (entry == nullptr || !conditions->hold(entry->expires, *end)) {
    append_integer(request.reply, 0);
    return;
  }
  if (*end <= data.now()) {
    data.remove(request.database(), key);
    request.propagate({"DEL", key});
  } else {
    data.set_expires(request.database(), key, end);
    request.propagate({"PEXPIREAT", key, std::to_string(*end)});
  }
  append_integer(request.reply, 1);
}

constexpr std::int64_t no_key = -2;
constexpr std::int64_t no_end = -1;

enum class Unit : bool { milliseconds, seconds };

/// Seconds are rounded to the nearest.
void tell_end(Request& request, bool relative, Unit unit) {
  const Entry* entry = request.data().read(request.database(), request.arguments[1]);
  if (entry == nullptr || !entry->expires) {
    append_integer(request.reply, entry == nullptr ? no_key : no_end);
    return;
  }
  const UnixMs from = relative ? request.data().now() : 0;
  const UnixMs end = std::max<UnixMs>(*entry->expires - from, 0);
  // The last half second of time does not fit a signed number; the real server's is the right one.
  const auto seconds = static_cast<std::int64_t>((static_cast<std::uint64_t>(end) + 500) / 1'000);
  append_integer(request.reply, unit == Unit::seconds ? seconds : end);
}

/// FLUSHALL and FLUSHDB take one word more; how they go about it shows in nothing.
bool flush_is_well_said(Request& request) {
  const auto& arguments = request.arguments;
  if (arguments.size() > 2 ||
      (arguments.size() == 2 && !equals_ignoring_case(arguments[1], "SYNC") &&
       !equals_ignoring_case(arguments[1], "ASYNC"))) {
    request.refuse(syntax_error);
    return false;
  }
  return true;
}

}  // namespace

void count_keys(Request& request) {
  append_integer(request.reply,
                 static_cast<std::int64_t>(request.data().keys(request.database()).size()));
}

void delete_keys(Request& request) {
  Dataset& data = request.data();
  std::int64_t deleted = 0;
  for (const std::string_view key : request.arguments.subspan(1)) {
    if (data.find(request.database(), key) != nullptr) {
      data.remove(request.database(), key);
      ++deleted;
    }
  }
  if (deleted > 0) {
    request.propagate();
  }
  append_integer(request.reply, deleted);
}

void exists(Request& request) {
  std::int64_t count = 0;
  for (const std::string_view key : request.arguments.subspan(1)) {
    count += request.data().read(request.database(), key) != nullptr ? 1 : 0;
  }
  append_integer(request.reply, count);
}

void expire(Request& request) { give_end(request, {.seconds = true, .relative = true}, "expire"); }

void expireat(Request& request) {
  give_end(request, {.seconds = true, .relative = false}, "expireat");
}

void pexpire(Request& request) {
  give_end(request, {.seconds = false, .relative = true}, "pexpire");
}

void pexpireat(Request& request) {
  give_end(request, {.seconds = false, .relative = false}, "pexpireat");
}

void ttl(Request& request) { tell_end(request, true, Unit::seconds); }

void pttl(Request& request) { tell_end(request, true, Unit::milliseconds); }

void expiretime(Request& request) { tell_end(request, false, Unit::seconds); }

void pexpiretime(Request& request) { tell_end(request, false, Unit::milliseconds); }

void persist(Request& request) {
  const std::string_view key = request.arguments[1];
  const Entry* entry = request.data().find(request.database(), key);
  const bool had_end = entry != nullptr && entry->expires;
  if (had_end) {
    request.data().set_expires(request.database(), key, std::nullopt);
    request.propagate();
  }
  append_integer(request.reply, had_end ? 1 : 0);
}

void flush_all(Request& request) {
  if (flush_is_well_said(request)) {
    for (DatabaseIndex database = 0; database < request.data().databases(); ++database) {
      request.data().flush(database);
    }
    request.propagate();
    append_status(request.reply, "OK");
  }
}

void flush_database(Request& request) {
  if (flush_is_well_said(request)) {
    request.data().flush(request.database());
    request.propagate();
    append_status(request.reply, "OK");
  }
}

/// Keys that are over are hidden here, not ended.
void list_keys(Request& request) {
  const std::string_view pattern = request.arguments[1];
  const Dataset& data = request.data();
  std::vector<std::string_view> names;
  for (const auto& [key, entry] : data.keys(request.database())) {
    if ((pattern == "*" || glob_matches(pattern, key)) && !data.is_over(request.database(), key)) {
      names.push_back(key);
    }
  }
  append_array(request.reply, names.size());
  for (const std::string_view name : names) {
    append_bulk(request.reply, name);
  }
}

void type_of_key(Request& request) {
  const bool there = request.data().read(request.database(), request.arguments[1]) != nullptr;
  append_status(request.reply, there ? "string" : "none");
}

}  // namespace arbees::sim::redis
