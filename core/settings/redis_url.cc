#include "core/settings/redis_url.h"

#include <limits>
#include <optional>
#include <utility>

#include "core/settings/decimal.h"

namespace arbees {
namespace {

using Failure = std::unexpected<std::string>;

constexpr std::uint16_t default_port = 6379;
constexpr std::uint16_t default_sentinel_port = 26379;
constexpr std::string_view expected_form =
    "expected redis:// or rediss://[user:password@]host[:port][/database], "
    "unix:///path[?db=database] or "
    "redis-sentinel://[user:password@]host[:port],.../master-name[/database]";

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') {
    return static_cast<unsigned>(c - '0');
  }
  if (c >= 'a' && c <= 'f') {
    return static_cast<unsigned>(c - 'a') + 10;
  }
  if (c >= 'A' && c <= 'F') {
    return static_cast<unsigned>(c - 'A') + 10;
  }
  return std::nullopt;
}

std::expected<std::string, std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const auto high = i + 1 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
    const auto low = i + 2 < text.size() ? hex_digit(text[i + 2]) : std::nullopt;
    if (!high || !low) {
      return Failure("a % that no two hexadecimal digits follow; write a literal % as %25");
    }
    out += static_cast<char>(*high * 16 + *low);
    i += 2;
  }
  return out;
}

std::expected<unsigned, std::string> database_number(std::string_view text) {
  const std::optional<std::uint64_t> number = parse_count(text);
  if (!number || *number > std::numeric_limits<std::uint16_t>::max()) {
    return Failure("the database is not a number from 0 to 65535");
  }
  return static_cast<unsigned>(*number);
}

/// What stands before the `@`: `user:password` or `:password`.
std::expected<void, std::string> read_login(std::string_view login, redis::BusSettings& into) {
  const std::size_t colon = login.find(':');
  const auto user = percent_decoded(login.substr(0, colon));
  const auto password = percent_decoded(colon == std::string_view::npos ? std::string_view{}
                                                                        : login.substr(colon + 1));
  if (!user || !password) {
    return Failure("the login has " + (user ? password.error() : user.error()));
  }
  if (password->empty()) {
    return Failure("a login without a password: expected user:password@ or :password@");
  }
  into.username = *user;
  into.password = *password;
  return {};
}

std::expected<void, std::string> read_host_and_port(std::string_view text, std::uint16_t usual_port,
                                                    Endpoint& into) {
  std::string_view host = text;
  std::string_view port;
  bool has_port = false;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) {
      return Failure("an IPv6 address without its closing bracket");
    }
    host = text.substr(1, end - 1);
    const std::string_view rest = text.substr(end + 1);
    has_port = rest.starts_with(':');
    if (!has_port && !rest.empty()) {
      return Failure("something other than :port after the IPv6 address");
    }
    port = has_port ? rest.substr(1) : std::string_view{};
  } else if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
    has_port = true;
  }
  if (host.empty()) {
    return Failure("no host; " + std::string(expected_form));
  }
  const std::optional<std::uint64_t> number =
      has_port ? parse_count(port) : std::optional<std::uint64_t>{usual_port};
  if (!number || *number == 0 || *number > std::numeric_limits<std::uint16_t>::max()) {
    return Failure("the port is not a number from 1 to 65535");
  }
  into = {Endpoint::Kind::tcp, std::string(host), static_cast<std::uint16_t>(*number)};
  return {};
}

std::string host_and_port(const Endpoint& endpoint) {
  const bool v6 = endpoint.host.find(':') != std::string::npos;
  return (v6 ? "[" + endpoint.host + "]" : endpoint.host) + ":" + std::to_string(endpoint.port);
}

std::expected<void, std::string> read_tcp(std::string_view rest, redis::BusSettings& into) {
  const std::size_t slash = rest.find('/');
  if (auto read = read_host_and_port(rest.substr(0, slash), default_port, into.endpoint); !read) {
    return read;
  }
  const std::string_view path =
      slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
  if (path.empty()) {
    return {};
  }
  const auto database = database_number(path);
  if (!database) {
    return Failure(database.error());
  }
  into.database = *database;
  return {};
}

std::expected<void, std::string> read_sentinels(std::string_view rest, redis::BusSettings& into) {
  const std::size_t slash = rest.find('/');
  std::string_view hosts = rest.substr(0, slash);
  while (true) {
    const std::size_t comma = hosts.find(',');
    Endpoint& sentinel = into.sentinel.sentinels.emplace_back();
    if (auto read = read_host_and_port(hosts.substr(0, comma), default_sentinel_port, sentinel);
        !read) {
      return read;
    }
    if (comma == std::string_view::npos) {
      break;
    }
    hosts = hosts.substr(comma + 1);
  }
  const std::string_view path =
      slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
  const std::size_t next = path.find('/');
  const auto master = percent_decoded(path.substr(0, next));
  if (!master || master->empty() || master->find_first_of(" \r\n") != std::string::npos) {
    return Failure("no name of the master the sentinels watch; " + std::string(expected_form));
  }
  into.sentinel.master = *master;
  if (next == std::string_view::npos || next + 1 == path.size()) {
    return {};
  }
  const auto database = database_number(path.substr(next + 1));
  if (!database) {
    return Failure(database.error());
  }
  into.database = *database;
  return {};
}

std::expected<void, std::string> read_unix(std::string_view rest, redis::BusSettings& into) {
  const std::size_t question = rest.find('?');
  const auto path = percent_decoded(rest.substr(0, question));
  if (!path || !path->starts_with('/')) {
    return Failure("no absolute path of a socket; " + std::string(expected_form));
  }
  into.endpoint = {Endpoint::Kind::unix_socket, *path, 0};
  if (question == std::string_view::npos) {
    return {};
  }
  const std::string_view query = rest.substr(question + 1);
  if (!query.starts_with("db=")) {
    return Failure("a query other than ?db=database");
  }
  const auto database = database_number(query.substr(3));
  if (!database) {
    return Failure(database.error());
  }
  into.database = *database;
  return {};
}

}  // namespace

std::expected<void, std::string> parse_redis_url(std::string_view url, redis::BusSettings& into) {
  const std::size_t mark = url.find("://");
  const std::string_view scheme = url.substr(0, mark);
  if (mark == std::string_view::npos ||
      (scheme != "redis" && scheme != "unix" && scheme != "redis-sentinel" && scheme != "rediss")) {
    return Failure("not the address of a Redis; " + std::string(expected_form));
  }
  std::string_view rest = url.substr(mark + 3);
  redis::BusSettings read = into;
  read.username.clear();
  read.password.clear();
  read.database = 0;
  read.sentinel.sentinels.clear();
  read.sentinel.master.clear();
  if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
    if (auto login = read_login(rest.substr(0, at), read); !login) {
      return login;
    }
    rest = rest.substr(at + 1);
  }
  const auto place = scheme == "unix"             ? read_unix(rest, read)
                     : scheme == "redis-sentinel" ? read_sentinels(rest, read)
                                                  : read_tcp(rest, read);
  if (!place) {
    return place;
  }
  if (scheme == "rediss") {
    read.endpoint.tls = read.tls;
  }
  into = std::move(read);
  return {};
}

std::string redis_url_text(const redis::BusSettings& settings) {
  const bool is_unix = settings.endpoint.kind == Endpoint::Kind::unix_socket;
  const bool by_sentinel = settings.sentinel.in_use();
  std::string text = by_sentinel             ? "redis-sentinel://"
                     : is_unix               ? "unix://"
                     : settings.endpoint.tls ? "rediss://"
                                             : "redis://";
  if (!settings.password.empty()) {
    text += settings.username + ":***@";
  }
  if (by_sentinel) {
    std::string separator;
    for (const Endpoint& sentinel : settings.sentinel.sentinels) {
      text += std::exchange(separator, ",") + host_and_port(sentinel);
    }
    text += "/" + settings.sentinel.master;
    return settings.database == 0 ? text : text + "/" + std::to_string(settings.database);
  }
  if (is_unix) {
    text += settings.endpoint.host;
    return settings.database == 0 ? text : text + "?db=" + std::to_string(settings.database);
  }
  text += host_and_port(settings.endpoint);
  return settings.database == 0 ? text : text + "/" + std::to_string(settings.database);
}

std::string redacted_url(std::string_view url) {
  const std::size_t at = url.rfind('@');
  if (at == std::string_view::npos) {
    return std::string(url);
  }
  const std::size_t mark = url.find("://");
  const std::size_t login = mark == std::string_view::npos || mark > at ? 0 : mark + 3;
  return std::string(url.substr(0, login)) + "***" + std::string(url.substr(at));
}

}  // namespace arbees
