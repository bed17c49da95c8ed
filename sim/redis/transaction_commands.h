#pragma once

namespace arbees::sim::redis {

struct Client;
struct Request;
struct ServerState;

void discard(Request& request);
void exec(Request& request);
void multi(Request& request);
void unwatch(Request& request);
void watch(Request& request);

/// Forgets what was queued and what is watched.
void leave_transaction(ServerState& server, Client& client);

}  // namespace arbees::sim::redis
