#include "sim/redis/pubsub_commands.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/redis/glob.h"
#include "sim/redis/request.h"
#include "sim/redis/resp.h"

namespace arbees::sim::redis {
namespace {

/// Tells the client what it just subscribed to or gave up, and how much it holds now.
void confirm(Request& request, std::string_view what, std::optional<std::string_view> name) {
  append_array(request.reply, 3);
  append_bulk(request.reply, what);
  if (name) {
    append_bulk(request.reply, *name);
  } else {
    append_null_bulk(request.reply);
  }
  append_integer(request.reply, static_cast<std::int64_t>(request.client.subscriptions.count()));
}

void subscribe_to(Request& request, const PubSub::Kind& kind, std::string_view what) {
  for (const std::string_view name : request.arguments.subspan(1)) {
    request.server.pubsub.subscribe(kind, request.client, name);
    confirm(request, what, name);
  }
}

void unsubscribe_from(Request& request, const PubSub::Kind& kind, std::string_view what) {
  PubSub& pubsub = request.server.pubsub;
  if (request.arguments.size() > 1) {
    for (const std::string_view name : request.arguments.subspan(1)) {
      pubsub.unsubscribe(kind, request.client, name);
      confirm(request, what, name);
    }
    return;
  }
  const std::vector<std::string> all = request.client.subscriptions.*kind.names;
  if (all.empty()) {
    confirm(request, what, std::nullopt);
  }
  for (const std::string& name : all) {
    pubsub.unsubscribe(kind, request.client, name);
    confirm(request, what, name);
  }
}

}  // namespace

void subscribe(Request& request) { subscribe_to(request, PubSub::channel, "subscribe"); }

void psubscribe(Request& request) { subscribe_to(request, PubSub::pattern, "psubscribe"); }

void unsubscribe(Request& request) { unsubscribe_from(request, PubSub::channel, "unsubscribe"); }

void punsubscribe(Request& request) { unsubscribe_from(request, PubSub::pattern, "punsubscribe"); }

std::int64_t deliver_message(ServerState& server, std::string_view channel,
                             std::string_view payload) {
  std::int64_t receivers = 0;
  std::string message;
  const auto deliver = [&](Client& client) {
    if (server.watch == nullptr || server.watch->delivers(client.id, channel)) {
      server.write_to(client) += message;
    }
    ++receivers;
  };
  if (const auto subscribers = server.pubsub.channels().subscribers(channel);
      !subscribers.empty()) {
    append_array(message, 3);
    append_bulk(message, "message");
    append_bulk(message, channel);
    append_bulk(message, payload);
    for (Client* client : subscribers) {
      deliver(*client);
    }
  }
  for (const auto& [pattern, subscribers] : server.pubsub.patterns().names()) {
    if (!glob_matches(pattern, channel)) {
      continue;
    }
    message.clear();
    append_array(message, 4);
    append_bulk(message, "pmessage");
    append_bulk(message, pattern);
    append_bulk(message, channel);
    append_bulk(message, payload);
    for (Client* client : subscribers) {
      deliver(*client);
    }
  }
  server.stats.delivered += static_cast<std::uint64_t>(receivers);
  return receivers;
}

void publish(Request& request) {
  const std::int64_t receivers =
      deliver_message(request.server, request.arguments[1], request.arguments[2]);
  ++request.server.stats.published;
  request.propagate();
  append_integer(request.reply, receivers);
}

}  // namespace arbees::sim::redis
