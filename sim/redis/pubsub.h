#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/redis/client.h"

namespace arbees::sim::redis {

/// Who listens to the names of one kind, channels or patterns: the server's side of the
/// subscriptions. Names in byte order, the clients of one name in the order they subscribed.
class SubscriberIndex {
 public:
  using Clients = std::vector<Client*>;
  using Names = std::map<std::string, Clients, std::less<>>;

  void add(std::string_view name, Client& client);
  void remove(std::string_view name, const Client& client);
  void clear() { names_.clear(); }

  [[nodiscard]] std::span<Client* const> subscribers(std::string_view name) const;
  /// Names somebody subscribed to; none has an empty list.
  [[nodiscard]] const Names& names() const { return names_; }

 private:
  Names names_;
};

/// Both sides of all subscriptions, kept in step. A client must be dropped before it is destroyed.
class PubSub {
 public:
  /// One kind of subscription: where it stands in the index and where in a client.
  struct Kind {
    SubscriberIndex PubSub::* index;
    std::vector<std::string> Subscriptions::* names;
  };
  static const Kind channel;
  static const Kind pattern;

  /// Each says whether anything changed.
  bool subscribe(const Kind& kind, Client& client, std::string_view name);
  bool unsubscribe(const Kind& kind, Client& client, std::string_view name);
  void drop(Client& client);
  void clear();

  [[nodiscard]] const SubscriberIndex& channels() const { return channels_; }
  [[nodiscard]] const SubscriberIndex& patterns() const { return patterns_; }

 private:
  SubscriberIndex channels_;
  SubscriberIndex patterns_;
};

}  // namespace arbees::sim::redis
