#pragma once

#include <cstdint>
#include <string_view>

namespace arbees::sim::redis {

struct Request;
struct ServerState;

/// Hands a message to the channel's subscribers first, then to those of each pattern that matches;
/// how many copies. Each form of the message is made once, whoever listens.
std::int64_t deliver_message(ServerState& server, std::string_view channel,
                             std::string_view payload);

void psubscribe(Request& request);
void publish(Request& request);
void punsubscribe(Request& request);
void pubsub_channels(Request& request);
void pubsub_numpat(Request& request);
void pubsub_numsub(Request& request);
void subscribe(Request& request);
void unsubscribe(Request& request);

}  // namespace arbees::sim::redis
