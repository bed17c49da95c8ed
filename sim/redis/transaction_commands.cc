#include "sim/redis/transaction_commands.h"

#include <string>
#include <string_view>
#include <vector>

#include "sim/redis/acl.h"
#include "sim/redis/dispatch.h"
#include "sim/redis/request.h"
#include "sim/redis/resp.h"

namespace arbees::sim::redis {

void leave_transaction(ServerState& server, Client& client) {
  client.transaction.reset();
  server.data.watches().unwatch(client.watcher);
}

void multi(Request& request) {
  if (request.client.transaction) {
    request.refuse("ERR MULTI calls can not be nested");
    return;
  }
  request.client.transaction.emplace();
  append_status(request.reply, "OK");
}

void discard(Request& request) {
  if (!request.client.transaction) {
    request.refuse("ERR DISCARD without MULTI");
    return;
  }
  leave_transaction(request.server, request.client);
  append_status(request.reply, "OK");
}

/// A key watched alive and over its time now counts as changed, whether it was ended or not.
void exec(Request& request) {
  Client& client = request.client;
  if (!client.transaction) {
    request.refuse("ERR EXEC without MULTI");
    return;
  }
  const Dataset& data = request.data();
  const bool changed = client.watcher.saw_change() ||
                       request.data().watches().any_over(
                           client.watcher, [&](DatabaseIndex database, std::string_view key) {
                             return data.is_over(database, key);
                           });
  const bool broken = client.transaction->broken;
  request.data().watches().unwatch(client.watcher);
  if (broken) {
    client.transaction.reset();
    request.refuse("EXECABORT Transaction discarded because of previous errors.");
    return;
  }
  if (changed) {
    client.transaction.reset();
    append_null_array(request.reply);
    return;
  }
  // What runs sees the client still in it.
  const auto& queue = client.transaction->queue;
  append_array(request.reply, queue.size());
  for (const auto& [command, arguments] : queue) {
    const std::vector<std::string_view> words(arguments.begin(), arguments.end());
    Request queued{.server = request.server,
                   .client = client,
                   .arguments = words,
                   .reply = request.server.reply_to(client)};
    if (const auto denial = client.user->check(*command, words)) {
      queued.refuse(
          "NOPERM ACLs rules changed between the moment the transaction was accumulated and the "
          "EXEC call. This command is no longer allowed for the following reason: " +
          std::string(late_denial_text(*denial)));
      continue;
    }
    call(*command, queued);
  }
  client.transaction.reset();
}

void watch(Request& request) {
  if (request.client.transaction) {
    request.refuse("ERR WATCH inside MULTI is not allowed");
    return;
  }
  Dataset& data = request.data();
  for (const std::string_view key : request.arguments.subspan(1)) {
    data.watches().watch(request.client.watcher, request.database(), key,
                         data.is_over(request.database(), key));
  }
  append_status(request.reply, "OK");
}

void unwatch(Request& request) {
  request.data().watches().unwatch(request.client.watcher);
  append_status(request.reply, "OK");
}

}  // namespace arbees::sim::redis
