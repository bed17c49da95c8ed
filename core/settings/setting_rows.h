#pragma once

#include <algorithm>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "core/settings/decimal.h"
#include "core/settings/redis_url.h"
#include "core/settings/settings.h"

// How the tables of settings are written: one row a setting, with everything that is known of it.

namespace arbees::settings {

/// A row of the table of one program.
template <class S>
struct Row {
  SettingInfo info;
  /// Reads a text into the settings, or says what is wrong with it and what is expected.
  std::function<std::expected<void, std::string>(std::string_view text, S& into)> read;
  std::function<std::string(const S&)> show;
  /// What the program does without, with the value it has; none for a value that costs nothing.
  std::function<std::optional<std::string>(const S&)> weakness;
};

struct DurationRange {
  Duration least;
  Duration most;
  bool zero = false;  ///< 0 is allowed as well, and turns something off
};

struct CountRange {
  std::uint64_t least;
  std::uint64_t most;
};

/// What a value costs that turns a protection off (usually 0); empty: it costs nothing.
using Weakness = std::string_view;

inline constexpr Duration second = seconds{1};
inline constexpr Duration millisecond = milliseconds{1};
inline constexpr Duration tenth = milliseconds{100};
inline constexpr Duration hour = seconds{3'600};
inline constexpr Duration day = seconds{86'400};
inline constexpr std::string_view unlimited = "unlimited";

/// A member of the settings themselves, or of those of their bus, its TLS or their alerts.
template <class S, class T>
T& member(S& settings, T std::remove_const_t<S>::* at) {
  return settings.*at;
}
template <class S, class T>
const T& member(const S& settings, T S::* at) {
  return settings.*at;
}
template <class S, class T>
T& member(S& settings, T redis::BusSettings::* at) {
  return settings.redis.*at;
}
template <class S, class T>
const T& member(const S& settings, T redis::BusSettings::* at) {
  return settings.redis.*at;
}

template <class S, class T>
T& member(S& settings, T Tls::* at) {
  return settings.redis.tls.*at;
}
template <class S, class T>
const T& member(const S& settings, T Tls::* at) {
  return settings.redis.tls.*at;
}
template <class S, class T>
T& member(S& settings, T AlertSettings::* at) {
  return settings.alerts.*at;
}
template <class S, class T>
const T& member(const S& settings, T AlertSettings::* at) {
  return settings.alerts.*at;
}

template <class S>
std::function<std::optional<std::string>(const S&)> weakness_if(std::function<bool(const S&)> holds,
                                                                Weakness text) {
  return [holds = std::move(holds), text](const S& s) -> std::optional<std::string> {
    return !text.empty() && holds(s) ? std::optional<std::string>(text) : std::nullopt;
  };
}

/// A span of time in decimals of `unit`, the unit its name ends in.
template <class S, class Member>
Row<S> duration_row(std::string name, Duration unit, Member at, DurationRange range,
                    std::string doc, Weakness off = {}) {
  const std::string expected = std::string(range.zero ? "0, or " : "") +
                               decimal_text(range.least, unit) + " to " +
                               decimal_text(range.most, unit);
  const std::string words = unit == second ? "seconds" : "milliseconds";
  Row<S> row;
  row.info = {std::move(name), words, {}, expected, std::move(doc)};
  row.read = [=](std::string_view text, S& into) -> std::expected<void, std::string> {
    const std::optional<Duration> value = parse_decimal(text, unit);
    const bool zero = value && *value == Duration{} && range.zero;
    if (!value || (!zero && (*value < range.least || *value > range.most))) {
      return std::unexpected("expected " + words + " from " + expected + ", such as 5 or 0.5");
    }
    member(into, at) = *value;
    return {};
  };
  row.show = [=](const S& s) { return decimal_text(member(s, at), unit); };
  row.weakness = weakness_if<S>([=](const S& s) { return member(s, at) == Duration{}; }, off);
  return row;
}

template <class S, class Member>
Row<S> seconds_row(std::string name, Member at, DurationRange range, std::string doc,
                   Weakness off = {}) {
  return duration_row<S>(std::move(name), second, at, range, std::move(doc), off);
}

template <class S, class Member>
Row<S> milliseconds_row(std::string name, Member at, DurationRange range, std::string doc,
                        Weakness off = {}) {
  return duration_row<S>(std::move(name), millisecond, at, range, std::move(doc), off);
}

template <class S, class Member>
Row<S> count_row(std::string name, Member at, CountRange range, std::string doc,
                 Weakness off = {}) {
  const std::string expected = std::to_string(range.least) + " to " + std::to_string(range.most);
  Row<S> row;
  row.info = {std::move(name), "number", {}, expected, std::move(doc)};
  row.read = [=](std::string_view text, S& into) -> std::expected<void, std::string> {
    const std::optional<std::uint64_t> value = parse_count(text);
    if (!value || *value < range.least || *value > range.most) {
      return std::unexpected("expected a whole number from " + expected);
    }
    member(into, at) = *value;
    return {};
  };
  row.show = [=](const S& s) { return std::to_string(member(s, at)); };
  row.weakness = weakness_if<S>([=](const S& s) { return member(s, at) == 0; }, off);
  return row;
}

/// A bound on how often something is tried; without one it goes on for ever. Every bound is a weakness.
template <class S, class Member>
Row<S> limit_row(std::string name, Member at, std::string doc, Weakness bounded) {
  Row<S> row;
  row.info = {std::move(name), "number", {}, "0 to 1000000, or unlimited", std::move(doc)};
  row.read = [=](std::string_view text, S& into) -> std::expected<void, std::string> {
    const std::optional<std::uint64_t> value = parse_count(text);
    if (text != unlimited && (!value || *value > 1'000'000)) {
      return std::unexpected("expected a whole number from 0 to 1000000, or unlimited");
    }
    member(into, at) = text == unlimited ? std::nullopt : value;
    return {};
  };
  row.show = [=](const S& s) {
    const std::optional<std::uint64_t>& value = member(s, at);
    return value ? std::to_string(*value) : std::string(unlimited);
  };
  row.weakness = weakness_if<S>([=](const S& s) { return member(s, at).has_value(); }, bounded);
  return row;
}

/// Text for people or for the wire: printable, at most 128 bytes. `set` stores it.
template <class S>
Row<S> text_row(std::string name, bool may_be_empty, std::function<void(S&, std::string)> set,
                std::function<std::string(const S&)> show, std::string doc) {
  const std::string expected = std::string(may_be_empty ? "0" : "1") +
                               " to 128 characters from ! to ~ of ASCII, without spaces";
  Row<S> row;
  row.info = {std::move(name), "text", {}, expected, std::move(doc)};
  row.read = [=, set = std::move(set)](std::string_view text,
                                       S& into) -> std::expected<void, std::string> {
    const bool printable =
        std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
    if (!printable || text.size() > 128 || (text.empty() && !may_be_empty)) {
      return std::unexpected("expected " + expected);
    }
    set(into, std::string(text));
    return {};
  };
  row.show = std::move(show);
  return row;
}

/// A switch; on is a word of the operator's that something holds.
template <class S, class Member>
Row<S> flag_row(std::string name, Member at, std::string doc, Weakness on) {
  Row<S> row;
  row.info = {std::move(name), "word", {}, "true, false", std::move(doc)};
  row.read = [=](std::string_view text, S& into) -> std::expected<void, std::string> {
    if (text != "true" && text != "false") {
      return std::unexpected("expected true or false");
    }
    member(into, at) = text == "true";
    return {};
  };
  row.show = [=](const S& s) { return std::string(member(s, at) ? "true" : "false"); };
  row.weakness = weakness_if<S>([=](const S& s) { return member(s, at); }, on);
  return row;
}

/// Accepted because existing deployments set it, and without any effect.
template <class S>
Row<S> unused_row(std::string name, std::string initial, std::string doc) {
  Row<S> row;
  row.info = {std::move(name), "text", initial, "anything", std::move(doc)};
  row.read = [](std::string_view, S&) -> std::expected<void, std::string> { return {}; };
  row.show = [initial](const S&) { return initial; };
  return row;
}

/// A path, or a name from outside: at most 4096 bytes, spaces allowed.
template <class S, class Member>
Row<S> long_text_row(std::string name, Member at, std::string doc, Weakness empty = {}) {
  Row<S> row;
  row.info = {
      std::move(name), "text", {}, "0 to 4096 bytes, no control characters", std::move(doc)};
  row.read = [=](std::string_view text, S& into) -> std::expected<void, std::string> {
    const bool clean = std::all_of(text.begin(), text.end(), [](char c) {
      return static_cast<unsigned char>(c) >= ' ' && c != '\x7f';
    });
    if (!clean || text.size() > 4'096) {
      return std::unexpected("expected at most 4096 bytes without control characters");
    }
    member(into, at) = text;
    return {};
  };
  row.show = [=](const S& s) { return member(s, at); };
  row.weakness = weakness_if<S>([=](const S& s) { return member(s, at).empty(); }, empty);
  return row;
}

template <class S>
void append_tls_rows(std::vector<Row<S>>& rows) {
  rows.push_back(
      long_text_row<S>("REDIS_TLS_CA_FILE", &Tls::ca_file,
                       "PEM file of the authorities that a rediss:// server's certificate "
                       "must come from; empty: those the system trusts"));
  rows.push_back(
      long_text_row<S>("REDIS_TLS_SERVER_NAME", &Tls::server_name,
                       "Name or address the server's certificate must be made for; empty: "
                       "the host of REDIS_URL"));
  rows.push_back(
      long_text_row<S>("REDIS_TLS_CERT_FILE", &Tls::cert_file,
                       "PEM file of our own certificate with its chain, for a server that "
                       "asks for one; empty: none"));
  rows.push_back(
      long_text_row<S>("REDIS_TLS_KEY_FILE", &Tls::key_file,
                       "PEM file of the key of REDIS_TLS_CERT_FILE, without a passphrase"));
}

/// How the program reaches Redis: the same rows for every program.
template <class S>
void append_bus_rows(std::vector<Row<S>>& rows) {
  using redis::BusSettings;
  Row<S> url;
  url.info = {"REDIS_URL",
              "url",
              {},
              "redis://…, rediss://…, unix://… or redis-sentinel://…",
              "The Redis that carries heartbeats and commands: redis://[user:password@]host[:port]"
              "[/database], rediss:// for the same over TLS, unix:///path[?db=database], or "
              "redis-sentinel://[user:password@]host[:port],…/master-name[/database] to ask those "
              "sentinels for it"};
  url.info.secret = true;
  url.read = [](std::string_view text, S& into) { return parse_redis_url(text, into.redis); };
  url.show = [](const S& s) { return redis_url_text(s.redis); };
  rows.push_back(std::move(url));
  append_tls_rows(rows);
  rows.push_back(text_row<S>(
      "REDIS_CLIENT_NAME", true,
      [](S& s, std::string text) { s.redis.client_name = std::move(text); },
      [](const S& s) { return s.redis.client_name; },
      "Name of the connections in CLIENT LIST; empty: the program's own choice"));
  Row<S> sentinel_password = text_row<S>(
      "REDIS_SENTINEL_PASSWORD", true,
      [](S& s, std::string text) { s.redis.sentinel.password = std::move(text); },
      [](const S& s) { return std::string(s.redis.sentinel.password.empty() ? "" : "***"); },
      "Password of the sentinels themselves; empty: they are asked without AUTH");
  sentinel_password.info.secret = true;
  rows.push_back(std::move(sentinel_password));
  rows.push_back(seconds_row<S>("REDIS_CONNECT_DEADLINE_SECS", &BusSettings::connect_deadline,
                                {milliseconds{10}, hour},
                                "Longest time for connecting and the handshake together; also for "
                                "the answer of a sentinel"));
  rows.push_back(seconds_row<S>(
      "REDIS_REPLY_DEADLINE_SECS", &BusSettings::reply_deadline, {milliseconds{10}, hour},
      "A command without its reply by then, or a PING without any byte: the link is lost"));
  rows.push_back(seconds_row<S>("REDIS_PING_INTERVAL_SECS", &BusSettings::ping_interval,
                                {milliseconds{10}, hour},
                                "After so long without a message or reply, a PING is sent"));
  rows.push_back(seconds_row<S>(
      "REDIS_READ_SILENCE_SECS", &BusSettings::read_silence, {milliseconds{10}, hour},
      "After so long without a message or reply the link is lost, whatever bytes come"));
  rows.push_back(milliseconds_row<S>(
      "REDIS_RECONNECT_BASE_DELAY_MS", &BusSettings::backoff_base, {milliseconds{1}, hour},
      "Bound of the first random wait before a new attempt; it doubles"));
  rows.push_back(milliseconds_row<S>("REDIS_RECONNECT_MAX_DELAY_MS", &BusSettings::backoff_cap,
                                     {milliseconds{1}, hour},
                                     "Bound of every wait between attempts"));
  rows.push_back(limit_row<S>(
      "REDIS_RECONNECT_MAX_FAILURES", &BusSettings::reconnect_attempts,
      "Failed attempts after which a lost link stays lost; 0: it is never tried again; unlimited: "
      "it "
      "is tried for ever",
      "a Redis that is away for longer than these attempts leaves the program cut off for ever"));
  rows.push_back(seconds_row<S>(
      "REDIS_REFUSED_WAIT_SECS", &BusSettings::refused_wait, {milliseconds{10}, hour},
      "Wait between attempts that Redis refuses by AUTH or configuration"));
  rows.push_back(count_row<S>("OUTBOX_MESSAGES", &BusSettings::outbox_messages, {0, 1'000'000},
                              "Messages that wait for a lost link to come back; 0: none",
                              "what is published while Redis is away is lost at once"));
  rows.push_back(count_row<S>("OUTBOX_BYTES", &BusSettings::outbox_bytes, {65'536, 1'073'741'824},
                              "Bound of the waiting messages together"));
}

/// The file of alerts: the same row for every program that raises some.
template <class S>
Row<S> alert_log_row() {
  return long_text_row<S>(
      "ALERT_LOG_PATH", &AlertSettings::log_path,
      "File to which every alert is appended as a line of JSON, in a folder that exists; empty: "
      "none",
      "alerts are in the log and on Redis only");
}

/// The tables. The default shown by each row is that of a default-made `S`.
[[nodiscard]] const std::vector<Row<OrchestratorSettings>>& orchestrator_rows();
[[nodiscard]] const std::vector<Row<ShardSettings>>& shard_rows();

/// Settings nobody has set: the defaults of the struct, and Redis on this machine.
template <class S>
S initial_settings() {
  S settings;
  settings.redis.endpoint = {Endpoint::Kind::tcp, "localhost", 6379};
  return settings;
}

/// Relations within one program.
[[nodiscard]] std::vector<SettingProblem> check_relations(const OrchestratorSettings& settings);
[[nodiscard]] std::vector<SettingProblem> check_relations(const ShardSettings& settings);

}  // namespace arbees::settings
