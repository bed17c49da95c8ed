#include "sim/redis/command_table.h"

#include <algorithm>
#include <array>

#include "sim/redis/acl_commands.h"
#include "sim/redis/connection_commands.h"
#include "sim/redis/pubsub_commands.h"
#include "sim/redis/transaction_commands.h"

namespace arbees::sim::redis {
namespace {

constexpr std::array acl_subcommands{
    Command{"cat", "acl|cat", -2, "noscript loading stale", {}, "slow", acl_cat},
    Command{"deluser",
            "acl|deluser",
            -3,
            "admin noscript loading stale",
            {},
            "admin slow dangerous",
            acl_deluser},
    Command{"getuser",
            "acl|getuser",
            3,
            "admin noscript loading stale",
            {},
            "admin slow dangerous",
            acl_getuser},
    Command{"list",
            "acl|list",
            2,
            "admin noscript loading stale",
            {},
            "admin slow dangerous",
            acl_list},
    Command{"setuser",
            "acl|setuser",
            -3,
            "admin noscript loading stale",
            {},
            "admin slow dangerous",
            acl_setuser},
    Command{"users",
            "acl|users",
            2,
            "admin noscript loading stale",
            {},
            "admin slow dangerous",
            acl_users},
    Command{"whoami", "acl|whoami", 2, "noscript loading stale", {}, "slow", acl_whoami},
};

constexpr std::array client_subcommands{
    Command{"getname",
            "client|getname",
            2,
            "noscript loading stale",
            {},
            "slow connection",
            client_getname},
    Command{"id", "client|id", 2, "noscript loading stale", {}, "slow connection", client_id},
    Command{"setname",
            "client|setname",
            3,
            "noscript loading stale",
            {},
            "slow connection",
            client_setname},
};

constexpr std::array commands{
    Command{"acl", "acl", -2, "", {}, "slow", nullptr, acl_subcommands},
    Command{"auth",
            "auth",
            -2,
            "noscript loading stale fast no_auth allow_busy",
            {},
            "fast connection",
            auth},
    Command{"client", "client", -2, "", {}, "slow", nullptr, client_subcommands},
    Command{"discard",
            "discard",
            1,
            "noscript loading stale fast allow_busy",
            {},
            "fast transaction",
            discard},
    Command{"echo", "echo", 2, "loading stale fast", {}, "fast connection", echo},
    Command{"exec", "exec", 1, "noscript loading stale skip_slowlog", {}, "slow transaction", exec},
    Command{"hello",
            "hello",
            -1,
            "noscript loading stale fast no_auth allow_busy",
            {},
            "fast connection",
            hello},
    Command{"multi",
            "multi",
            1,
            "noscript loading stale fast allow_busy",
            {},
            "fast transaction",
            multi},
    Command{"ping", "ping", -1, "fast", {}, "fast connection", ping},
    Command{"psubscribe",
            "psubscribe",
            -2,
            "pubsub noscript loading stale",
            {},
            "pubsub slow",
            psubscribe},
    Command{"publish", "publish", 3, "pubsub loading stale fast", {}, "pubsub fast", publish},
    Command{"punsubscribe",
            "punsubscribe",
            -1,
            "pubsub noscript loading stale",
            {},
            "pubsub slow",
            punsubscribe},
    Command{"quit",
            "quit",
            -1,
            "noscript loading stale fast no_auth allow_busy",
            {},
            "fast connection",
            quit},
    Command{"reset",
            "reset",
            1,
            "noscript loading stale fast no_auth allow_busy",
            {},
            "fast connection",
            reset},
    Command{"select", "select", 2, "loading stale fast", {}, "fast connection", select_database},
    Command{"subscribe",
            "subscribe",
            -2,
            "pubsub noscript loading stale",
            {},
            "pubsub slow",
            subscribe},
    Command{"unsubscribe",
            "unsubscribe",
            -1,
            "pubsub noscript loading stale",
            {},
            "pubsub slow",
            unsubscribe},
    Command{"unwatch",
            "unwatch",
            1,
            "noscript loading stale fast allow_busy",
            {},
            "fast transaction",
            unwatch},
    Command{"watch",
            "watch",
            -2,
            "noscript loading stale fast allow_busy",
            {1, -1, 1},
            "fast transaction",
            watch},
};

static_assert(std::ranges::is_sorted(commands, {}, &Command::name));
static_assert(std::ranges::is_sorted(acl_subcommands, {}, &Command::name));
static_assert(std::ranges::is_sorted(client_subcommands, {}, &Command::name));

}  // namespace

std::span<const Command> command_table() { return commands; }

const Command* find_command(std::span<const Command> table, std::string_view typed) {
  std::array<char, 32> name;  // longer than any name in the table
  if (typed.size() > name.size()) {
    return nullptr;
  }
  std::ranges::transform(typed, name.begin(), lower);
  const std::string_view wanted(name.data(), typed.size());
  const auto found = std::ranges::lower_bound(table, wanted, {}, &Command::name);
  return found != table.end() && found->name == wanted ? &*found : nullptr;
}

}  // namespace arbees::sim::redis
