#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/engine/time.h"
#include "sim/redis/address.h"
#include "sim/redis/watched.h"

namespace arbees::sim::redis {

struct SentinelSettings {
  std::string master_name;
  Address master;  ///< as its file says at the first start
  Address own;
  std::string id;  ///< 40 hexadecimal digits
  unsigned quorum = 2;
  Duration down_after = seconds{30};
  Duration failover_timeout = std::chrono::minutes{3};
};

/// What a sentinel writes to its file at every change: it survives the end of its process.
struct SentinelMemory {
  struct Sentinel {
    std::string id;
    Address address;
  };
  std::uint64_t epoch = 0;
  std::uint64_t config_epoch = 0;
  std::uint64_t leader_epoch = 0;
  Address master;
  std::vector<Address> replicas;
  std::vector<Sentinel> sentinels;
};

/// The world of a sentinel. Must not call it back.
class SentinelHost {
 public:
  virtual ~SentinelHost() = default;
  /// Opens a connection; what is sent before it stands waits for it.
  [[nodiscard]] virtual PeerId dial(const Address& address) = 0;
  virtual void send(PeerId peer, std::string_view bytes) = 0;
  /// Drops a connection; nothing more is heard of it.
  virtual void hang_up(PeerId peer) = 0;
  /// Something its subscribers are told: "+sdown", "+switch-master" ...
  virtual void announce(std::string_view channel, std::string_view message) = 0;
  /// 64 random bits.
  [[nodiscard]] virtual std::uint64_t draw() = 0;
};

/// Who a sentinel votes for.
struct Vote {
  std::string leader;  ///< empty: nobody yet
  std::uint64_t epoch = 0;
};

/// Watches one master as redis-sentinel 7.0.15 does: asks master, replicas and the other sentinels
/// whether they live, agrees with the others that the master is down, has itself elected, promotes the
/// replica that has most, and tells everybody.
///
///   up --no answer for down_after--> subjectively down --quorum agrees--> objectively down
///   wait_start --elected--> select --> tell it --> wait until it is master --> lead the others --> done
///
/// It does no I/O: `tick` is called at the times it names, connections are its host's. Replicas are
/// found in the master's INFO, other sentinels by what they publish on the servers, so a sentinel that
/// is cut off goes on believing what it knew.
/// Not modelled: several masters, TILT, scripts, `SENTINEL SET`, a script that blocks a server.
class Sentinel {
 public:
  Sentinel(SentinelSettings settings, SentinelHost& host);

  /// A start of the process, from what was remembered; a first start remembers nothing.
  void start(const std::optional<SentinelMemory>& memory, SimTime now);
  [[nodiscard]] SentinelMemory memory() const;

  /// Looks after everything; returns when it wants to be called again.
  SimTime tick(SimTime now);
  void on_data(PeerId peer, std::string_view bytes, SimTime now);
  void on_gone(PeerId peer);

  /// What another sentinel publishes every two seconds.
  void hear_hello(std::string_view hello, SimTime now);
  /// Votes, once in every epoch, for the first that asks. `candidate` "*": nobody, only asking.
  Vote vote(std::uint64_t epoch, std::string_view candidate, SimTime now);

  // What it answers its clients.
  [[nodiscard]] const SentinelSettings& settings() const { return settings_; }
  [[nodiscard]] const Watched& master() const { return *master_; }
  [[nodiscard]] const std::vector<std::unique_ptr<Watched>>& replicas() const { return replicas_; }
  [[nodiscard]] const std::vector<std::unique_ptr<Watched>>& sentinels() const {
    return sentinels_;
  }
  /// Where clients are sent: the promoted replica as soon as it is the master.
  [[nodiscard]] const Address& current_master() const;
  [[nodiscard]] bool objectively_down() const { return objectively_down_since_.has_value(); }
  [[nodiscard]] std::optional<SimTime> objectively_down_since() const {
    return objectively_down_since_;
  }
  [[nodiscard]] std::uint64_t config_epoch() const { return config_epoch_; }
  [[nodiscard]] bool failing_over() const { return failover_ != Failover::none; }
  [[nodiscard]] std::string_view failover_state() const;
  [[nodiscard]] bool promoted(const Watched& replica) const { return promoted_ == &replica; }

 private:
  enum class Failover : std::uint8_t {
    none,
    wait_start,
    select_replica,
    tell_replica,
    wait_promotion,
    lead_replicas,
    switch_master
  };
  struct InfoText;

  // Connections and what goes over them: sentinel_links.cc.
  void connect(Watched& who, SimTime now);
  void connect_hellos(Watched& who, SimTime now);
  void send(Watched& who, Asked asked, std::initializer_list<std::string_view> words);
  void drop(PeerLink& link);
  void drop_links(Watched& who);
  void send_periodic(Watched& who, SimTime now);
  void ping(Watched& who, SimTime now);
  void say_hello(Watched& who, SimTime now);
  void follow(Watched& server, const Address* master);
  void on_reply(Watched& who, Asked asked, const arbees::redis::Reply& reply, SimTime now);
  void on_ping_reply(Watched& who, const arbees::redis::Reply& reply, SimTime now);
  void on_vote_reply(Watched& who, const arbees::redis::Reply& reply, SimTime now);

  // What servers say of themselves: sentinel_info.cc.
  void on_info(Watched& who, std::string_view text, SimTime now);
  void discover_replica(const Address& address, SimTime now);
  void judge_replica_role(Watched& who, SimTime now);
  void watch_leading(Watched& replica, SimTime now);
  [[nodiscard]] bool master_looks_sane(SimTime now) const;
  [[nodiscard]] static bool up_for(const Watched& who, Duration span, SimTime now);

  // Who is down, who leads, and the failover itself: sentinel_failover.cc.
  void check_subjectively(Watched& who, SimTime now);
  void check_objectively(SimTime now);
  void start_failover_if_due(SimTime now);
  void ask_others(bool at_once, SimTime now);
  [[nodiscard]] std::string leader(std::uint64_t epoch, SimTime now);
  void advance_failover(SimTime now);
  void await_election(SimTime now);
  void select_replica(SimTime now);
  void tell_replica(SimTime now);
  void lead_replicas(SimTime now);
  void enter(Failover state, SimTime now);
  void abort_failover(std::string_view channel);
  void switch_master(Address to, SimTime now);
  void adopt_epoch(std::uint64_t epoch);

  void announce(std::string_view channel, const Watched& who, std::string_view more = {});
  [[nodiscard]] std::string describe(const Watched& who) const;
  [[nodiscard]] std::pair<Watched*, PeerLink*> find(PeerId peer);
  [[nodiscard]] Duration desynchronized();
  template <class Act>
  void each(Act act) {
    act(*master_);
    for (const auto& replica : replicas_) {
      act(*replica);
    }
    for (const auto& other : sentinels_) {
      act(*other);
    }
  }

  SentinelSettings settings_;
  SentinelHost& host_;
  std::unique_ptr<Watched> master_;
  std::vector<std::unique_ptr<Watched>> replicas_;   ///< in the order they were found
  std::vector<std::unique_ptr<Watched>> sentinels_;  ///< the others

  std::uint64_t epoch_ = 0;
  std::uint64_t config_epoch_ = 0;
  Vote vote_;
  std::optional<SimTime> objectively_down_since_;
  Failover failover_ = Failover::none;
  SimTime failover_entered_{};
  std::optional<SimTime> failover_start_;
  std::uint64_t failover_epoch_ = 0;
  Watched* promoted_ = nullptr;
};

}  // namespace arbees::sim::redis
