#include "sim/redis/server.h"

#include <utility>

#include "core/base/assert.h"
#include "sim/redis/dispatch.h"
#include "sim/redis/pubsub_commands.h"
#include "sim/redis/replication.h"
#include "sim/redis/request.h"
#include "sim/redis/state.h"

namespace arbees::sim::redis {

class Server::Impl {
 public:
  Impl(ServerOutput& output, const ServerClock& clock, const ServerSettings& settings)
      : output_(output), state_(clock, settings) {}

  std::expected<ClientId, std::string_view> open(ClientAddress address) {
    ensure(!in_turn_, "the server's output does not call the server");
    if (state_.conditions.full || state_.clients.size() >= state_.settings.maxclients) {
      ++state_.stats.clients_refused;
      return std::unexpected("-ERR max number of clients reached\r\n");
    }
    const WallTime now = state_.clock.wall_now();
    state_.started = state_.started.value_or(now);
    last_id_ = last_id_.next();
    const auto added = state_.clients.try_emplace(
        last_id_, last_id_, last_id_.value() - ids_before_restart_, std::move(address), now);
    state_.log_out(added.first->second);
    ++state_.stats.clients_opened;
    return last_id_;
  }

  ClientId open_to_master() {
    ensure(!in_turn_, "the server's output does not call the server");
    last_id_ = last_id_.next();
    Client& client = state_.clients
                         .try_emplace(last_id_, last_id_, last_id_.value() - ids_before_restart_,
                                      ClientAddress(), state_.clock.wall_now())
                         .first->second;
    state_.log_out(client);
    state_.replication.begin(client);
    return last_id_;
  }

  /// Something the server does by itself.
  template <class Act>
  void take_turn(Act act) {
    ensure(!in_turn_, "the server's output does not call the server");
    in_turn_ = true;
    state_.read_clock();
    act();
    settle_all();
    in_turn_ = false;
  }

  void feed(ClientId id, std::string_view bytes) {
    ensure(!in_turn_, "the server's output does not call the server");
    const auto found = state_.clients.find(id);
    if (found == state_.clients.end()) {
      return;
    }
    in_turn_ = true;
    if (state_.settings.active_expiry) {
      state_.read_clock();
      state_.data.sweep();
    }
    serve(found->second, bytes);
    settle_all();
    in_turn_ = false;
  }

  void closed(ClientId id) {
    ensure(!in_turn_, "the server's output does not call the server");
    const auto found = state_.clients.find(id);
    if (found != state_.clients.end()) {
      forget(found->second);
    }
  }

  void restart() {
    ensure(!in_turn_, "the server's output does not call the server");
    state_.pubsub.clear();
    state_.clients.clear();
    state_.data.restart();
    state_.acl.restart();
    state_.read_clock();
    state_.replication.restart();
    state_.reset_stats();
    state_.started.reset();
    ids_before_restart_ = last_id_.value();
  }

  std::string operate(std::span<const std::string_view> words) {
    ensure(!in_turn_, "the server's output does not call the server");
    in_turn_ = true;
    state_.read_clock();
    Client console(ClientId(), 0, {}, state_.now);
    state_.log_out(console);
    std::string reply;
    Request request{.server = state_, .client = console, .arguments = words, .reply = reply};
    run_as_operator(request);
    forget_subscriptions(console);
    settle_all();
    in_turn_ = false;
    return reply;
  }

  void kill_clients() {
    ensure(!in_turn_, "the server's output does not call the server");
    in_turn_ = true;
    for (auto& [id, client] : state_.clients) {
      state_.drop(client);
    }
    settle_all();
    in_turn_ = false;
  }

  bool over_output_limit(ClientId id, std::size_t unsent) {
    const auto found = state_.clients.find(id);
    if (found == state_.clients.end()) {
      return false;
    }
    Client& client = found->second;
    const OutputLimit& limit = client.subscriptions.count() > 0 ? state_.settings.subscriber_output
                                                                : state_.settings.normal_output;
    const WallTime now = state_.clock.wall_now();
    if (limit.soft == 0 || unsent < limit.soft) {
      client.over_soft_limit_since.reset();
    } else if (!client.over_soft_limit_since) {
      client.over_soft_limit_since = now;
    }
    const bool too_many = limit.hard != 0 && unsent >= limit.hard;
    const bool too_long =
        client.over_soft_limit_since && now - *client.over_soft_limit_since > limit.soft_for;
    if (too_many || too_long) {
      forget(client);
    }
    return too_many || too_long;
  }

  [[nodiscard]] ServerState& state() { return state_; }

 private:
  void serve(Client& client, std::string_view bytes) {
    client.heard = state_.clock.wall_now();
    if (state_.replication.is_link(client)) {
      bytes = state_.replication.hear(bytes);
    }
    client.requests.feed(bytes);
    while (client.fate == Fate::stays) {
      const RequestParser::Step step = client.requests.next();
      if (step == RequestParser::Step::incomplete) {
        return;
      }
      Request request{.server = state_,
                      .client = client,
                      .arguments = client.requests.arguments(),
                      .reply = state_.reply_to(client)};
      if (step == RequestParser::Step::request) {
        const bool streamed = state_.replication.is_link(client);
        run_command(request);
        if (streamed) {
          state_.replication.applied(request.arguments);
        }
      } else {
        request.refuse("ERR " + client.requests.error());
        client.fate = Fate::closes;
      }
      client.replies.end_request();
    }
  }

  /// Sends what the turn wrote, and lets go of those it ended.
  void settle_all() {
    for (Client* client : state_.to_settle) {
      client->to_settle = false;
      if (client->fate != Fate::drops && !client->unsent.empty()) {
        output_.send(client->id, client->unsent);
      }
      client->unsent.clear();
      if (client->fate != Fate::stays) {
        const ClientId id = client->id;
        forget(*client);
        output_.close(id);
      }
    }
    state_.to_settle.clear();
  }

  void forget_subscriptions(Client& client) {
    state_.pubsub.drop(client);
    state_.data.watches().unwatch(client.watcher);
  }

  void forget(Client& client) {
    state_.replication.forget(client);
    forget_subscriptions(client);
    const ClientId id = client.id;
    state_.clients.erase(id);
  }

  ServerOutput& output_;
  ServerState state_;
  ClientId last_id_;
  std::uint64_t ids_before_restart_ = 0;
  bool in_turn_ = false;
};

Server::Server(ServerOutput& output, const ServerClock& clock, const ServerSettings& settings)
    : impl_(std::make_unique<Impl>(output, clock, settings)) {}
Server::~Server() = default;

std::expected<ClientId, std::string_view> Server::open(ClientAddress address) {
  return impl_->open(std::move(address));
}
void Server::feed(ClientId client, std::string_view bytes) { impl_->feed(client, bytes); }
void Server::closed(ClientId client) { impl_->closed(client); }
void Server::restart() { impl_->restart(); }
void Server::set_write_listener(WriteListener& listener) {
  impl_->state().data.set_listener(&listener);
}
void Server::set(const Conditions& conditions) { impl_->state().conditions = conditions; }
const Conditions& Server::conditions() const { return impl_->state().conditions; }
std::string Server::operate(std::initializer_list<std::string_view> words) {
  return impl_->operate({words.begin(), words.size()});
}
void Server::kill_clients() { impl_->kill_clients(); }
void Server::require_password(std::string_view password) {
  impl_->state().settings.requirepass = password;
  impl_->state().acl.require_password(password);
}
bool Server::over_output_limit(ClientId client, std::size_t unsent) {
  return impl_->over_output_limit(client, unsent);
}
void Server::set_watch(ServerWatch* watch) { impl_->state().watch = watch; }
void Server::set_place(const Address& own, std::uint64_t seed) {
  impl_->state().replication.set_place(own, seed);
}
void Server::start_as_replica_of(const std::optional<Address>& master) {
  impl_->take_turn([&] {
    Replication& replication = impl_->state().replication;
    if (master) {
      replication.follow(*master);
    } else {
      replication.promote();
    }
  });
}
bool Server::wants_master() const { return impl_->state().replication.wants_master(); }
bool Server::replicates() const { return impl_->state().replication.active(); }
ClientId Server::open_to_master() { return impl_->open_to_master(); }
void Server::greet_master() {
  impl_->take_turn([&] { impl_->state().replication.greet(); });
}
void Server::tick() {
  impl_->take_turn([&] { impl_->state().replication.tick(); });
}
ReplicationView Server::replication() const { return impl_->state().replication.view(); }
void Server::set_sentinel(Sentinel& sentinel) { impl_->state().sentinel = &sentinel; }
void Server::announce(std::string_view channel, std::string_view message) {
  impl_->take_turn([&] { deliver_message(impl_->state(), channel, message); });
}
std::size_t Server::clients() const { return impl_->state().clients.size(); }
const ServerStats& Server::stats() const { return impl_->state().stats; }

}  // namespace arbees::sim::redis
