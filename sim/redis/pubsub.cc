#include "sim/redis/pubsub.h"

#include <algorithm>

#include "core/base/assert.h"

namespace arbees::sim::redis {

const PubSub::Kind PubSub::channel{&PubSub::channels_, &Subscriptions::channels};
const PubSub::Kind PubSub::pattern{&PubSub::patterns_, &Subscriptions::patterns};

void SubscriberIndex::add(std::string_view name, Client& client) {
  auto found = names_.find(name);
  if (found == names_.end()) {
    found = names_.emplace(name, Clients()).first;
  }
  found->second.push_back(&client);
}

void SubscriberIndex::remove(std::string_view name, const Client& client) {
  const auto found = names_.find(name);
  ensure(found != names_.end(), "a client's subscription is in the index");
  std::erase(found->second, &client);
  if (found->second.empty()) {
    names_.erase(found);
  }
}

std::span<Client* const> SubscriberIndex::subscribers(std::string_view name) const {
  const auto found = names_.find(name);
  return found == names_.end() ? std::span<Client* const>() : found->second;
}

bool PubSub::subscribe(const Kind& kind, Client& client, std::string_view name) {
  auto& names = client.subscriptions.*kind.names;
  if (std::ranges::find(names, name) != names.end()) {
    return false;
  }
  names.emplace_back(name);
  (this->*kind.index).add(name, client);
  return true;
}

bool PubSub::unsubscribe(const Kind& kind, Client& client, std::string_view name) {
  auto& names = client.subscriptions.*kind.names;
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) {
    return false;
  }
  (this->*kind.index).remove(name, client);
  names.erase(found);
  return true;
}

void PubSub::drop(Client& client) {
  for (const Kind& kind : {channel, pattern}) {
    auto& names = client.subscriptions.*kind.names;
    for (const std::string& name : names) {
      (this->*kind.index).remove(name, client);
    }
    names.clear();
  }
}

void PubSub::clear() {
  channels_.clear();
  patterns_.clear();
}

}  // namespace arbees::sim::redis
