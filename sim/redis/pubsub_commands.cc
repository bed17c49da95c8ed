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
  std::string& out = request.server.write_to(request.client);
  append_array(out, 3);
  append_bulk(out, what);
  if (name) {
    append_bulk(out, *name);
  } else {
    append_null_bulk(out);
  }
  append_integer(out, static_cast<std::int64_t>(request.client.subscriptions.count()));
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

void hand_over(ServerState& server, Client& client, std::string_view channel,
               std::string_view push) {
  const Delivery delivery =
      server.watch == nullptr ? Delivery::once : server.watch->delivery(client.id, channel, push);
  if (delivery == Delivery::once || delivery == Delivery::twice) {
    server.write_to(client) += push;
  }
  if (delivery == Delivery::twice) {
    server.write_to(client) += push;
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
    hand_over(server, client, channel, message);
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

void pubsub_channels(Request& request) {
  const auto& arguments = request.arguments;
  if (arguments.size() > 3) {
    const std::string_view typed = arguments[1].substr(0, arguments[1].find('\0'));
    request.refuse("ERR unknown subcommand or wrong number of arguments for '" +
                   std::string(typed) + "'. Try PUBSUB HELP.");
    return;
  }
  std::vector<std::string_view> names;
  for (const auto& [name, clients] : request.server.pubsub.channels().names()) {
    if (arguments.size() == 2 || glob_matches(arguments[2], name)) {
      names.push_back(name);
    }
  }
  append_array(request.reply, names.size());
  for (const std::string_view name : names) {
    append_bulk(request.reply, name);
  }
}

void pubsub_numpat(Request& request) {
  append_integer(request.reply,
                 static_cast<std::int64_t>(request.server.pubsub.patterns().names().size()));
}

void pubsub_numsub(Request& request) {
  const auto channels = request.arguments.subspan(2);
  append_array(request.reply, 2 * channels.size());
  for (const std::string_view channel : channels) {
    const auto subscribers = request.server.pubsub.channels().subscribers(channel);
    append_bulk(request.reply, channel);
    append_integer(request.reply, static_cast<std::int64_t>(subscribers.size()));
  }
}

}  // namespace arbees::sim::redis
