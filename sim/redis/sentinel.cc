#include "sim/redis/sentinel.h"

#include <algorithm>
#include <utility>

#include "sim/redis/sentinel_times.h"

namespace arbees::sim::redis {
namespace {

constexpr Duration slowest_tick = milliseconds{100};  // 10 a second

}  // namespace

Sentinel::Sentinel(SentinelSettings settings, SentinelHost& host)
    : settings_(std::move(settings)), host_(host) {}

void Sentinel::start(const std::optional<SentinelMemory>& memory, SimTime now) {
  const Address& address = memory ? memory->master : settings_.master;
  master_ = std::make_unique<Watched>(Watched::Kind::master, address, now);
  master_->says_master = true;
  if (!memory) {
    return;
  }
  epoch_ = memory->epoch;
  config_epoch_ = memory->config_epoch;
  vote_.epoch = memory->leader_epoch;
  for (const Address& replica : memory->replicas) {
    replicas_.push_back(std::make_unique<Watched>(Watched::Kind::replica, replica, now));
  }
  for (const SentinelMemory::Sentinel& other : memory->sentinels) {
    sentinels_.push_back(std::make_unique<Watched>(Watched::Kind::sentinel, other.address, now));
    sentinels_.back()->id = other.id;
  }
}

SentinelMemory Sentinel::memory() const {
  SentinelMemory memory{.epoch = epoch_,
                        .config_epoch = config_epoch_,
                        .leader_epoch = vote_.epoch,
                        .master = master_->address,
                        .replicas = {},
                        .sentinels = {}};
  for (const auto& replica : replicas_) {
    memory.replicas.push_back(replica->address);
  }
  for (const auto& other : sentinels_) {
    memory.sentinels.push_back({other->id, other->address});
  }
  return memory;
}

/// Sentinels tick at slightly different and changing rates, so that they do not all stand for election
/// at one moment.
SimTime Sentinel::tick(SimTime now) {
  each([&](Watched& who) {
    connect(who, now);
    send_periodic(who, now);
    check_subjectively(who, now);
    if (who.kind == Watched::Kind::master) {
      check_objectively(now);
      start_failover_if_due(now);
      advance_failover(now);
      ask_others(false, now);
    }
  });
  if (failover_ == Failover::switch_master) {
    switch_master(promoted_->address, now);
  }
  return now + slowest_tick * 10 / (10 + static_cast<std::int64_t>(host_.draw() % 10));
}

std::pair<Watched*, PeerLink*> Sentinel::find(PeerId peer) {
  std::pair<Watched*, PeerLink*> found{nullptr, nullptr};
  each([&](Watched& who) {
    for (PeerLink* link : {&who.commands, &who.hellos}) {
      if (link->peer == peer) {
        found = {&who, link};
      }
    }
  });
  return found;
}

/// A reply may make it drop any of its connections, this one too.
void Sentinel::on_data(PeerId peer, std::string_view bytes, SimTime now) {
  auto [who, link] = find(peer);
  if (link == nullptr) {
    return;
  }
  link->heard = now;
  link->reader->feed(bytes);
  while (link != nullptr) {
    const auto next = link->reader->next();
    if (!next) {
      drop(*link);
      return;
    }
    if (*next == nullptr) {
      return;
    }
    const arbees::redis::Reply reply = **next;
    if (link == &who->hellos) {
      const bool message = reply.elements.size() == 3 && reply.elements[0].text == "message";
      if (message) {
        hear_hello(reply.elements[2].text, now);
      }
    } else if (!link->asked.empty()) {
      const Asked asked = link->asked.front();
      link->asked.pop_front();
      on_reply(*who, asked, reply, now);
    }
    std::tie(who, link) = find(peer);
  }
}

void Sentinel::on_gone(PeerId peer) {
  if (PeerLink* link = find(peer).second; link != nullptr) {
    link->peer.reset();
    link->asked.clear();
    link->reader.reset();
  }
}

const Address& Sentinel::current_master() const {
  const bool switched =
      failover_ == Failover::lead_replicas || failover_ == Failover::switch_master;
  return switched && promoted_ != nullptr ? promoted_->address : master_->address;
}

/// "ip,port,id,epoch,master name,master ip,master port,master's config epoch"
void Sentinel::hear_hello(std::string_view hello, SimTime now) {
  std::vector<std::string> words;
  for (std::size_t begin = 0; begin <= hello.size();) {
    const std::size_t end = std::min(hello.find(',', begin), hello.size());
    words.emplace_back(hello.substr(begin, end - begin));
    begin = end + 1;
  }
  if (words.size() != 8 || words[4] != settings_.master_name || words[2] == settings_.id) {
    return;
  }
  const auto number = [&](std::size_t at) { return std::strtoull(words[at].c_str(), nullptr, 10); };
  const Address address{words[0], static_cast<std::uint16_t>(number(1))};
  auto found = std::ranges::find_if(sentinels_, [&](const auto& s) { return s->id == words[2]; });
  if (found == sentinels_.end()) {
    sentinels_.push_back(std::make_unique<Watched>(Watched::Kind::sentinel, address, now));
    found = sentinels_.end() - 1;
    (*found)->id = words[2];
    announce("+sentinel", **found);
  }
  (*found)->greeted = now;
  adopt_epoch(number(3));
  const std::uint64_t config_epoch = number(7);
  if (config_epoch > config_epoch_) {
    config_epoch_ = config_epoch;
    const Address master{words[5], static_cast<std::uint16_t>(number(6))};
    if (master != master_->address) {
      announce("+config-update-from", **found);
      switch_master(master, now);
    }
  }
}

void Sentinel::adopt_epoch(std::uint64_t epoch) {
  if (epoch > epoch_) {
    epoch_ = epoch;
    host_.announce("+new-epoch", std::to_string(epoch_));
  }
}

std::string Sentinel::describe(const Watched& who) const {
  const auto place = [](const Address& address) { return address.text(' '); };
  if (who.kind == Watched::Kind::master) {
    return "master " + settings_.master_name + " " + place(who.address);
  }
  const bool replica = who.kind == Watched::Kind::replica;
  return (replica ? "slave " + who.address.text(':') : "sentinel " + who.id) + " " +
         place(who.address) + " @ " + settings_.master_name + " " + place(master_->address);
}

void Sentinel::announce(std::string_view channel, const Watched& who, std::string_view more) {
  std::string message = describe(who);
  if (!more.empty()) {
    message.append(" ").append(more);
  }
  host_.announce(channel, message);
}

Duration Sentinel::desynchronized() {
  return milliseconds{static_cast<std::int64_t>(host_.draw() % 1'000)};
}

}  // namespace arbees::sim::redis
