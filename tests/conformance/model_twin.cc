#include "tests/conformance/model_twin.h"

#include <utility>

namespace arbees::testing {

using sim::redis::ClientId;

void ModelTwin::open(std::size_t place, std::uint64_t id,
                     const sim::redis::ClientAddress& address) {
  ClientId client = server_.open(address).value();
  while (client.value() < id) {
    server_.closed(client);
    client = server_.open(address).value();
  }
  if (clients_.size() <= place) {
    clients_.resize(place + 1);
  }
  places_.erase(clients_[place]);
  clients_[place] = client;
  places_[client] = place;
}

std::vector<ModelTwin::Heard> ModelTwin::take() {
  std::vector<Heard> all;
  for (auto& [place, heard] : std::exchange(heard_, {})) {
    all.push_back(std::move(heard));
  }
  return all;
}

void ModelTwin::Output::send(ClientId client, std::string_view bytes) {
  const std::size_t place = twin_.places_.at(client);
  Heard& heard = twin_.heard_[place];
  heard.place = place;
  heard.bytes += bytes;
}

void ModelTwin::Output::close(ClientId client) {
  const std::size_t place = twin_.places_.at(client);
  Heard& heard = twin_.heard_[place];
  heard.place = place;
  heard.closed = true;
}

}  // namespace arbees::testing
