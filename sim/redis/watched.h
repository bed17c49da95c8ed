#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "core/base/ids.h"
#include "core/redis/resp_reader.h"
#include "sim/engine/time.h"
#include "sim/redis/address.h"

// What a sentinel knows of those it watches.

namespace arbees::sim::redis {

/// A connection a sentinel has asked its host for. Never reused.
using PeerId = Number<struct PeerIdTag>;

/// What a reply on a connection answers; replies come in the order of the commands.
enum class Asked : std::uint8_t { ping, info, vote, other };

/// One connection to somebody watched.
struct PeerLink {
  std::optional<PeerId> peer;  ///< none: there is no connection, nor an attempt
  SimTime opened{};
  SimTime heard{};
  std::deque<Asked> asked;
  std::unique_ptr<arbees::redis::RespReader> reader;

  [[nodiscard]] bool open() const { return peer.has_value(); }
};

/// How far a replica has been led to a new master.
enum class Leading : std::uint8_t { none, told, follows, done };

/// A server or another sentinel, as one sentinel sees it.
struct Watched {
  enum class Kind : std::uint8_t { master, replica, sentinel };

  Watched(Kind kind_, Address address_, SimTime now)
      : kind(kind_),
        address(std::move(address_)),
        available(now),
        ponged(now),
        pinged(now),
        role_since(now),
        follows_since(now) {}

  Kind kind;
  Address address;
  std::string id;  ///< run id; of a sentinel: its own id
  PeerLink commands;
  PeerLink hellos;  ///< subscribed to the hello channel; sentinels have none
  std::optional<SimTime> tried;

  SimTime available;  ///< last answer that says it serves
  SimTime ponged;     ///< last answer to a PING, of any kind
  SimTime pinged;
  std::optional<SimTime> unanswered;  ///< since when a PING waits for an answer that says it serves
  std::optional<SimTime> hello_sent;
  std::optional<SimTime> down_since;  ///< subjectively

  // What its INFO said.
  std::optional<SimTime> informed;
  bool says_master = false;
  SimTime role_since;
  Address follows;
  SimTime follows_since;
  bool link_up = false;
  Duration link_down_for{};
  std::uint64_t priority = 100;
  std::uint64_t offset = 0;

  // Of a replica in a failover.
  Leading leading = Leading::none;
  SimTime led_at{};

  // Of a sentinel.
  std::optional<SimTime> greeted;   ///< its last hello
  std::optional<SimTime> asked_at;  ///< its last answer about the master
  bool says_master_down = false;
  std::string votes_for;  ///< empty: nobody
  std::uint64_t vote_epoch = 0;

  [[nodiscard]] bool down() const { return down_since.has_value(); }
  [[nodiscard]] bool connected() const {
    return commands.open() && (kind == Kind::sentinel || hellos.open());
  }
};

}  // namespace arbees::sim::redis
