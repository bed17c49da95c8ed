#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "core/redis/bus.h"

namespace arbees {

/// Reads where a Redis is and how to log in there into `into`:
///   redis://[[user]:password@]host[:port][/database]     port 6379 and database 0 if not named
///   rediss://...                                         the same over TLS, as `into.tls` says
///   unix://[[user]:password@]/path/of/socket[?db=database]
///   redis-sentinel://[[user]:password@]host[:port][,host[:port]...]/master-name[/database]
/// The last names sentinels, port 26379 if not named, and the master they watch; user and password are those
/// of the master, not of the sentinels.
/// Reserved characters in user, password and path are written as %XX; an IPv6 address in brackets.
/// The error says what is wrong and what is expected, and never contains the password.
[[nodiscard]] std::expected<void, std::string> parse_redis_url(std::string_view url,
                                                               redis::BusSettings& into);

/// The URL of `settings` for people: the password, if there is one, as ***.
[[nodiscard]] std::string redis_url_text(const redis::BusSettings& settings);

/// `url`, which may be no URL at all, with everything hidden that could be a password.
[[nodiscard]] std::string redacted_url(std::string_view url);

}  // namespace arbees
