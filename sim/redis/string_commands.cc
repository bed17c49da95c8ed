#include "sim/redis/string_commands.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/redis/errors.h"
#include "sim/redis/expiry.h"
#include "sim/redis/integer.h"
#include "sim/redis/request.h"
#include "sim/redis/resp.h"
#include "sim/redis/text.h"

namespace arbees::sim::redis {
namespace {

constexpr std::size_t longest_string = 512U << 20U;  // proto-max-bulk-len

void append_value(std::string& reply, const Entry* entry) {
  if (entry == nullptr) {
    append_null_bulk(reply);
  } else {
    append_bulk(reply, entry->value);
  }
}

/// The options of SET, or those of GETEX.
struct Options {
  bool only_new = false;
  bool only_old = false;
  bool get = false;
  bool keep_ttl = false;
  bool persist = false;
  std::optional<ExpiryForm> expiry;
  std::string_view expiry_word;
  std::string_view expiry_count;

  [[nodiscard]] bool about_time() const { return keep_ttl || persist || expiry.has_value(); }
};

enum class Dialect : bool { set, getex };

/// One option of SET without a value; false if there is none of that name, or not now.
bool take_set_option(std::string_view word, Options& options) {
  if (equals_ignoring_case(word, "NX") && !options.only_old) {
    options.only_new = true;
  } else if (equals_ignoring_case(word, "XX") && !options.only_new) {
    options.only_old = true;
  } else if (equals_ignoring_case(word, "GET")) {
    options.get = true;
  } else if (equals_ignoring_case(word, "KEEPTTL") && !options.expiry) {
    options.keep_ttl = true;
  } else {
    return false;
  }
  return true;
}

/// None: they contradict each other, or are none. An option for the time may be said again.
std::optional<Options> parse_options(std::span<const std::string_view> words, Dialect dialect) {
  Options options;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto form = expiry_option(words[i]);
    if (form && i + 1 < words.size()) {
      const bool again = options.expiry && equals_ignoring_case(words[i], options.expiry_word);
      if (options.about_time() && !again) {
        return std::nullopt;
      }
      options.expiry = form;
      options.expiry_word = words[i];
      options.expiry_count = words[++i];
    } else if (dialect == Dialect::getex && equals_ignoring_case(words[i], "PERSIST") &&
               !options.expiry) {
      options.persist = true;
    } else if (dialect == Dialect::getex || !take_set_option(words[i], options)) {
      return std::nullopt;
    }
  }
  return options;
}

/// When a key shall end that is given `count`; none once the request was refused.
std::optional<UnixMs> parse_instant(Request& request, ExpiryForm form, std::string_view count,
                                    std::string_view command) {
  const auto number = parse_integer(count);
  if (!number) {
    request.refuse(not_an_integer);
    return std::nullopt;
  }
  const auto instant = form.instant(*number, request.data().now());
  if (*number <= 0 || !instant) {
    request.refuse("ERR invalid expire time in '" + std::string(command) + "' command");
    return std::nullopt;
  }
  return instant;
}

/// What a replica is to do for a SET without an end of its own: the same, without answering.
void propagate_without_get(const Request& request) {
  std::vector<std::string_view> words;
  for (std::size_t i = 0; i < request.arguments.size(); ++i) {
    if (i < 3 || !equals_ignoring_case(request.arguments[i], "GET")) {
      words.push_back(request.arguments[i]);
    }
  }
  request.data().propagate(request.database(), words);
}

void put(Request& request, std::string_view value, std::optional<UnixMs> expires) {
  const std::string_view key = request.arguments[1];
  request.data().put(request.database(), key, std::string(value), expires);
  if (expires) {
    request.propagate({"SET", key, value, "PXAT", std::to_string(*expires)});
  }
}

void set_with_end(Request& request, ExpiryForm form, std::string_view command) {
  const auto expires = parse_instant(request, form, request.arguments[2], command);
  if (expires) {
    (void)request.data().find(request.database(), request.arguments[1]);  // an ended one goes first
    put(request, request.arguments[3], expires);
    append_status(request.reply, "OK");
  }
}

void increase(Request& request, std::int64_t by) {
  using Limits = std::numeric_limits<std::int64_t>;
  const std::string_view key = request.arguments[1];
  const Entry* entry = request.data().find(request.database(), key);
  const auto value = entry == nullptr ? 0 : parse_integer(entry->value);
  if (!value) {
    request.refuse(not_an_integer);
    return;
  }
  if (by < 0 ? *value < Limits::min() - by : *value > Limits::max() - by) {
    request.refuse("ERR increment or decrement would overflow");
    return;
  }
  const auto expires = entry == nullptr ? std::nullopt : entry->expires;
  request.data().put(request.database(), key, std::to_string(*value + by), expires);
  request.propagate();
  append_integer(request.reply, *value + by);
}

}  // namespace

void set(Request& request) {
  const auto options = parse_options(request.arguments.subspan(3), Dialect::set);
  if (!options) {
    request.refuse(syntax_error);
    return;
  }
  std::optional<UnixMs> expires;
  if (options->expiry) {
    expires = parse_instant(request, *options->expiry, options->expiry_count, "set");
    if (!expires) {
      return;
    }
  }
  const std::string_view key = request.arguments[1];
  const Entry* old = options->get ? request.data().read(request.database(), key)
                                  : request.data().find(request.database(), key);
  if (options->get) {
    append_value(request.reply, old);
  }
  if (options->only_new ? old != nullptr : options->only_old && old == nullptr) {
    if (!options->get) {
      append_null_bulk(request.reply);
    }
    return;
  }
  if (expires) {
    put(request, request.arguments[2], expires);
  } else {
    const bool keeps = options->keep_ttl && old != nullptr;
    request.data().put(request.database(), key, std::string(request.arguments[2]),
                       keeps ? old->expires : std::nullopt);
    propagate_without_get(request);
  }
  if (!options->get) {
    append_status(request.reply, "OK");
  }
}

void setex(Request& request) {
  set_with_end(request, {.seconds = true, .relative = true}, "setex");
}

void psetex(Request& request) {
  set_with_end(request, {.seconds = false, .relative = true}, "psetex");
}

void setnx(Request& request) {
  const bool absent = request.data().find(request.database(), request.arguments[1]) == nullptr;
  if (absent) {
    put(request, request.arguments[2], std::nullopt);
    request.propagate();
  }
  append_integer(request.reply, absent ? 1 : 0);
}

void get(Request& request) {
  append_value(request.reply, request.data().read(request.database(), request.arguments[1]));
}

void getset(Request& request) {
  const std::string_view key = request.arguments[1];
  append_value(request.reply, request.data().read(request.database(), key));
  put(request, request.arguments[2], std::nullopt);
  request.propagate({"SET", key, request.arguments[2]});
}

void getdel(Request& request) {
  const std::string_view key = request.arguments[1];
  append_value(request.reply, request.data().read(request.database(), key));
  if (request.data().remove(request.database(), key)) {
    request.propagate({"DEL", key});
  }
}

/// Options are looked at before the key, the time only when there is one.
void getex(Request& request) {
  const auto options = parse_options(request.arguments.subspan(2), Dialect::getex);
  if (!options) {
    request.refuse(syntax_error);
    return;
  }
  Dataset& data = request.data();
  const DatabaseIndex database = request.database();
  const std::string_view key = request.arguments[1];
  const Entry* entry = data.read(database, key);
  if (entry == nullptr) {
    append_null_bulk(request.reply);
    return;
  }
  std::optional<UnixMs> expires;
  if (options->expiry) {
    expires = parse_instant(request, *options->expiry, options->expiry_count, "getex");
    if (!expires) {
      return;
    }
  }
  append_value(request.reply, entry);
  if (expires && *expires <= data.now()) {
    data.remove(database, key);
    request.propagate({"DEL", key});
  } else if (expires) {
    data.set_expires(database, key, expires);
    request.propagate({"PEXPIREAT", key, std::to_string(*expires)});
  } else if (options->persist && entry->expires) {
    data.set_expires(database, key, std::nullopt);
    request.propagate({"PERSIST", key});
  }
}

void mget(Request& request) {
  append_array(request.reply, request.arguments.size() - 1);
  for (const std::string_view key : request.arguments.subspan(1)) {
    append_value(request.reply, request.data().read(request.database(), key));
  }
}

void mset(Request& request) {
  const auto pairs = request.arguments.subspan(1);
  if (pairs.size() % 2 != 0) {
    refuse_arity("mset", request);
    return;
  }
  for (std::size_t i = 0; i < pairs.size(); i += 2) {
    (void)request.data().find(request.database(), pairs[i]);  // an ended one goes first
    request.data().put(request.database(), pairs[i], std::string(pairs[i + 1]));
  }
  request.propagate();
  append_status(request.reply, "OK");
}

void incr(Request& request) { increase(request, 1); }

void decr(Request& request) { increase(request, -1); }

void incrby(Request& request) {
  if (const auto by = parse_integer(request.arguments[2])) {
    increase(request, *by);
  } else {
    request.refuse(not_an_integer);
  }
}

void decrby(Request& request) {
  const auto by = parse_integer(request.arguments[2]);
  if (!by) {
    request.refuse(not_an_integer);
  } else if (*by == std::numeric_limits<std::int64_t>::min()) {
    request.refuse("ERR decrement would overflow");
  } else {
    increase(request, -*by);
  }
}

void append(Request& request) {
  const std::string_view key = request.arguments[1];
  const Entry* entry = request.data().find(request.database(), key);
  std::string value = entry == nullptr ? "" : entry->value;
  const auto expires = entry == nullptr ? std::nullopt : entry->expires;
  if (value.size() + request.arguments[2].size() > longest_string) {
    request.refuse("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
    return;
  }
  value += request.arguments[2];
  append_integer(request.reply, static_cast<std::int64_t>(value.size()));
  request.data().put(request.database(), key, std::move(value), expires);
  request.propagate();
}

void string_length(Request& request) {
  const Entry* entry = request.data().read(request.database(), request.arguments[1]);
  append_integer(request.reply,
                 entry == nullptr ? 0 : static_cast<std::int64_t>(entry->value.size()));
}

}  // namespace arbees::sim::redis
