#include "sim/redis/acl_commands.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "sim/redis/acl.h"
#include "sim/redis/command_table.h"
#include "sim/redis/request.h"
#include "sim/redis/resp.h"
#include "sim/redis/text.h"

namespace arbees::sim::redis {
namespace {

template <class Texts>
void append_bulks(std::string& reply, const Texts& texts) {
  append_array(reply, texts.size());
  for (const auto& text : texts) {
    append_bulk(reply, text);
  }
}

/// The one who asked hears the answer still; nobody else hears anything.
void end_connection(Request& request, Client& client) {
  if (&client == &request.client) {
    client.fate = Fate::closes;
  } else {
    request.server.drop(client);
  }
}

bool may_keep_listening(const AclUser& user, const Subscriptions& subscriptions) {
  return std::ranges::all_of(subscriptions.channels,
                             [&](auto& channel) { return user.channels().fits(channel); }) &&
         std::ranges::all_of(subscriptions.patterns,
                             [&](auto& pattern) { return user.channels().grants(pattern); });
}

bool belongs(const Command& command, Category category) {
  return command.categories.has(category) && command.run != nullptr;
}

}  // namespace

/// In the order of the table, where the real server follows hash order.
void acl_cat(Request& request) {
  if (request.arguments.size() == 2) {
    append_bulks(request.reply, category_names);
    return;
  }
  if (request.arguments.size() > 3) {
    request.refuse("ERR unknown subcommand or wrong number of arguments for '" +
                   std::string(request.arguments[1]) + "'. Try ACL HELP.");
    return;
  }
  const auto name = std::ranges::find_if(category_names, [&](std::string_view known) {
    return equals_ignoring_case(known, request.arguments[2]);
  });
  if (name == category_names.end()) {
    const std::string_view shown = quotable(request.arguments[2]);
    request.refuse("ERR Unknown category '" + std::string(shown) + "'");
    return;
  }
  const auto category = static_cast<Category>(name - category_names.begin());
  std::vector<std::string_view> names;
  for (const Command& command : command_table()) {
    if (belongs(command, category)) {
      names.push_back(command.full_name);
    }
    for (const Command& subcommand : command.subcommands) {
      if (belongs(subcommand, category)) {
        names.push_back(subcommand.full_name);
      }
    }
  }
  append_bulks(request.reply, names);
}

void acl_deluser(Request& request) {
  ServerState& server = request.server;
  const auto names = request.arguments.subspan(2);
  if (std::ranges::find(names, "default") != names.end()) {
    request.refuse("ERR The 'default' user cannot be removed");
    return;
  }
  std::int64_t removed = 0;
  for (const std::string_view name : names) {
    const AclUser* user = server.acl.find(name);
    if (user == nullptr) {
      continue;
    }
    for (auto& [id, client] : server.clients) {
      if (client.user == user) {
        end_connection(request, client);
        client.user = &server.acl.default_user();
        client.logged_in = false;
      }
    }
    server.acl.remove(name);
    ++removed;
  }
  append_integer(request.reply, removed);
}

void acl_getuser(Request& request) {
  const AclUser* user = request.server.acl.find(request.arguments[2]);
  std::string& reply = request.reply;
  if (user == nullptr) {
    append_null_bulk(reply);
    return;
  }
  append_array(reply, 12);
  append_bulk(reply, "flags"), append_bulks(reply, user->flags());
  append_bulk(reply, "passwords"), append_bulks(reply, user->password_hashes());
  append_bulk(reply, "commands"), append_bulk(reply, user->commands_text());
  append_bulk(reply, "keys"), append_bulk(reply, user->keys_text());
  append_bulk(reply, "channels"), append_bulk(reply, user->channels_text());
  append_bulk(reply, "selectors"), append_array(reply, 0);
}

void acl_list(Request& request) {
  std::vector<std::string> lines;
  for (const auto& [name, user] : request.server.acl.users()) {
    lines.push_back(user.text());
  }
  append_bulks(request.reply, lines);
}

void acl_setuser(Request& request) {
  ServerState& server = request.server;
  const std::string_view name = request.arguments[2];
  if (name.find_first_of(std::string_view(" \t\n\v\f\r\0", 7)) != std::string_view::npos) {
    request.refuse("ERR Usernames can't contain spaces or null characters");
    return;
  }
  if (const auto done = server.acl.set_user(name, request.arguments.subspan(3), command_table());
      !done) {
    const std::string_view rule = done.error().rule;  // shown as a C string
    request.refuse("ERR Error in ACL SETUSER modifier '" +
                   std::string(rule.substr(0, rule.find('\0'))) +
                   "': " + std::string(done.error().why));
    return;
  }
  const AclUser* user = server.acl.find(name);
  for (auto& [id, client] : server.clients) {
    if (client.user == user && !may_keep_listening(*user, client.subscriptions)) {
      end_connection(request, client);
    }
  }
  append_status(request.reply, "OK");
}

void acl_users(Request& request) {
  std::vector<std::string_view> names;
  for (const auto& [name, user] : request.server.acl.users()) {
    names.push_back(name);
  }
  append_bulks(request.reply, names);
}

void acl_whoami(Request& request) { append_bulk(request.reply, request.client.user->name()); }

}  // namespace arbees::sim::redis
