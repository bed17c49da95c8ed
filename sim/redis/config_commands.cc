#include "sim/redis/config_commands.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <expected>
#include <limits>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/redis/errors.h"
#include "sim/redis/glob.h"
#include "sim/redis/integer.h"
#include "sim/redis/request.h"
#include "sim/redis/resp.h"
#include "sim/redis/text.h"

namespace arbees::sim::redis {
namespace {

using Outcome = std::expected<void, std::string_view>;

/// A number of bytes with an optional unit: "64mb". k is 1,000, kb 1,024. No digits are 0; what is too
/// large for 64 bits is the largest number, as the real server reads it.
std::optional<std::uint64_t> parse_memory(std::string_view text) {
  struct Unit {
    std::string_view name;
    std::uint64_t size;
  };
  static constexpr std::array<Unit, 8> units{{{"", 1},
                                              {"b", 1},
                                              {"k", 1'000},
                                              {"kb", 1U << 10U},
                                              {"m", 1'000'000},
                                              {"mb", 1U << 20U},
                                              {"g", 1'000'000'000},
                                              {"gb", 1U << 30U}}};
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::string_view name = text.substr(digits);
  std::uint64_t count = 0;
  const auto read = std::from_chars(text.data(), text.data() + digits, count);
  if (read.ec == std::errc::result_out_of_range) {
    count = std::numeric_limits<std::uint64_t>::max();
  }
  const auto unit = std::ranges::find_if(
      units, [&](const Unit& each) { return equals_ignoring_case(each.name, name); });
  return unit == units.end() ? std::nullopt : std::optional(count * unit->size);
}

Outcome set_maxclients(ServerSettings& settings, std::string_view text) {
  const auto value = parse_integer(text);
  if (!value) {
    return std::unexpected("argument couldn't be parsed into an integer");
  }
  if (*value < 1 || *value > std::numeric_limits<std::uint32_t>::max()) {
    return std::unexpected("argument must be between 1 and 4294967295 inclusive");
  }
  settings.maxclients = static_cast<std::size_t>(*value);
  return {};
}

Outcome set_maxmemory(ServerSettings& settings, std::string_view text) {
  const auto value = parse_memory(text);
  if (!value) {
    return std::unexpected("argument must be a memory value");
  }
  settings.maxmemory = *value;
  return {};
}

Outcome set_requirepass(ServerSettings& settings, std::string_view text) {
  settings.requirepass = text;
  return {};
}

OutputLimit* find_limit(ServerSettings& settings, std::string_view client_class) {
  if (equals_ignoring_case(client_class, "normal")) {
    return &settings.normal_output;
  }
  if (equals_ignoring_case(client_class, "slave") ||
      equals_ignoring_case(client_class, "replica")) {
    return &settings.replica_output;
  }
  return equals_ignoring_case(client_class, "pubsub") ? &settings.subscriber_output : nullptr;
}

std::vector<std::string_view> split_at_blanks(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    words.push_back(text.substr(0, end));
    if (end == text.size()) {
      return words;
    }
    text.remove_prefix(end + 1);
    if (text.empty()) {
      words.emplace_back();
    }
  }
  return words;
}

/// Fours of words: the class, a hard limit, a soft limit, the seconds that one may be passed for.
Outcome set_output_limits(ServerSettings& settings, std::string_view text) {
  const auto words = split_at_blanks(text);
  if (words.size() % 4 != 0) {
    return std::unexpected("Wrong number of arguments in buffer limit configuration.");
  }
  for (std::size_t i = 0; i < words.size(); i += 4) {
    OutputLimit* limit = find_limit(settings, words[i]);
    if (limit == nullptr) {
      return std::unexpected("Invalid client class specified in buffer limit configuration.");
    }
    const auto hard = parse_memory(words[i + 1]);
    const auto soft = parse_memory(words[i + 2]);
    const auto soft_for = parse_integer(words[i + 3]);
    constexpr std::int64_t longest = std::numeric_limits<std::int32_t>::max();
    if (!hard || !soft || !soft_for || *soft_for < 0 || *soft_for > longest) {
      return std::unexpected(
          "Error in hard, soft or soft_seconds setting in buffer limit configuration.");
    }
    *limit = {*hard, *soft, seconds{*soft_for}};
  }
  return {};
}

std::string show(std::string_view name, const OutputLimit& limit) {
  return std::string(name) + " " + std::to_string(limit.hard) + " " + std::to_string(limit.soft) +
         " " + std::to_string(std::chrono::floor<seconds>(limit.soft_for).count());
}

/// A setting clients can ask for.
struct Parameter {
  std::string_view name;
  std::string (*get)(const ServerSettings&);
  Outcome (*set)(ServerSettings&, std::string_view) = nullptr;  ///< null: stays as it is
};

/// By name. What the model has no use for says what the real server says by itself.
constexpr std::array parameters{
    Parameter{"appendfsync", [](const auto&) -> std::string { return "everysec"; }},
    Parameter{"appendonly", [](const auto&) -> std::string { return "no"; }},
    Parameter{"client-output-buffer-limit",
              [](const auto& settings) {
                return show("normal", settings.normal_output) + " " +
                       show("slave", settings.replica_output) + " " +
                       show("pubsub", settings.subscriber_output);
              },
              set_output_limits},
    Parameter{"databases", [](const auto& settings) { return std::to_string(settings.databases); }},
    Parameter{"hz", [](const auto&) -> std::string { return "10"; }},
    Parameter{"maxclients",
              [](const auto& settings) { return std::to_string(settings.maxclients); },
              set_maxclients},
    Parameter{"maxmemory", [](const auto& settings) { return std::to_string(settings.maxmemory); },
              set_maxmemory},
    Parameter{"maxmemory-policy", [](const auto&) -> std::string { return "noeviction"; }},
    Parameter{"notify-keyspace-events", [](const auto&) -> std::string { return ""; }},
    Parameter{"proto-max-bulk-len", [](const auto&) -> std::string { return "536870912"; }},
    Parameter{"requirepass", [](const auto& settings) { return settings.requirepass; },
              set_requirepass},
    Parameter{"save", [](const auto&) -> std::string { return ""; }},
    Parameter{"tcp-keepalive", [](const auto&) -> std::string { return "300"; }},
    Parameter{"timeout", [](const auto&) -> std::string { return "0"; }},
};
static_assert(std::ranges::is_sorted(parameters, {}, &Parameter::name));

const Parameter* find_parameter(std::string_view name) {
  const auto found = std::ranges::find_if(
      parameters, [&](const Parameter& each) { return equals_ignoring_case(each.name, name); });
  return found == parameters.end() ? nullptr : &*found;
}

std::string failure(std::string_view name, std::string_view why) {
  return "ERR CONFIG SET failed (possibly related to argument '" + std::string(name) + "') - " +
         std::string(why);
}

/// What is wrong with the names before any value is looked at; empty: nothing.
std::string check_names(std::span<const std::string_view> words) {
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < words.size(); i += 2) {
    const Parameter* parameter = find_parameter(words[i]);
    if (parameter == nullptr) {
      return "ERR Unknown option or number of arguments for CONFIG SET - '" +
             std::string(words[i].substr(0, words[i].find('\0'))) + "'";
    }
    if (parameter->set == nullptr) {
      return failure(parameter->name, "can't set immutable config");
    }
    if (!seen.insert(parameter->name).second) {
      return failure(words[i], "duplicate parameter");
    }
  }
  return {};
}

}  // namespace

/// Each parameter once, however many of the patterns it fits.
void config_get(Request& request) {
  std::vector<const Parameter*> found;
  for (const Parameter& parameter : parameters) {
    const auto fits = [&](std::string_view pattern) {
      std::string folded(pattern);
      std::ranges::transform(folded, folded.begin(), lower);
      return glob_matches(folded, parameter.name);
    };
    if (std::ranges::any_of(request.arguments.subspan(2), fits)) {
      found.push_back(&parameter);
    }
  }
  append_array(request.reply, 2 * found.size());
  for (const Parameter* parameter : found) {
    append_bulk(request.reply, parameter->name);
    append_bulk(request.reply, parameter->get(request.server.settings));
  }
}

/// All of them are set, or none.
void config_set(Request& request) {
  const auto words = request.arguments.subspan(2);
  if (words.size() % 2 != 0) {
    request.refuse(syntax_error);
    return;
  }
  if (const std::string wrong = check_names(words); !wrong.empty()) {
    request.refuse(wrong);
    return;
  }
  ServerSettings settings = request.server.settings;
  for (std::size_t i = 0; i < words.size(); i += 2) {
    const Parameter& parameter = *find_parameter(words[i]);
    if (const Outcome outcome = parameter.set(settings, words[i + 1]); !outcome) {
      request.refuse(failure(parameter.name, outcome.error()));
      return;
    }
  }
  const bool new_password = std::ranges::any_of(
      words, [](std::string_view word) { return equals_ignoring_case(word, "requirepass"); });
  request.server.settings = settings;
  if (new_password) {
    request.server.acl.require_password(settings.requirepass);
  }
  append_status(request.reply, "OK");
}

void config_resetstat(Request& request) {
  request.server.reset_stats();
  append_status(request.reply, "OK");
}

}  // namespace arbees::sim::redis
