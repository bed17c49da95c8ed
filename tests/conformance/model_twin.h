#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/redis/server.h"

namespace arbees::testing {

/// A model server whose clients are known by the places of a test's connections.
class ModelTwin {
 public:
  /// The clock must outlive the twin.
  explicit ModelTwin(const sim::redis::ServerClock& clock)
      : server_(output_, clock, {.active_expiry = false}) {}

  /// A new client for the connection at `place`, shown as `id` by the server.
  void open(std::size_t place, std::uint64_t id, const sim::redis::ClientAddress& address);
  void feed(std::size_t place, std::string_view bytes) { server_.feed(clients_.at(place), bytes); }
  void hang_up(std::size_t place) { server_.closed(clients_.at(place)); }

  struct Heard {
    std::size_t place;
    std::string bytes;
    bool closed = false;
  };
  /// What the server said since this was asked last, by the order of places.
  [[nodiscard]] std::vector<Heard> take();

 private:
  class Output final : public sim::redis::ServerOutput {
   public:
    explicit Output(ModelTwin& twin) : twin_(twin) {}
    void send(sim::redis::ClientId client, std::string_view bytes) override;
    void close(sim::redis::ClientId client) override;

   private:
    ModelTwin& twin_;
  };

  Output output_{*this};
  sim::redis::Server server_;
  std::vector<sim::redis::ClientId> clients_;
  std::map<sim::redis::ClientId, std::size_t> places_;
  std::map<std::size_t, Heard> heard_;
};

}  // namespace arbees::testing
