#pragma once

namespace arbees::sim::redis {

struct Request;

// Commands about masters and replicas.

void client_kill(Request& request);
void info(Request& request);
void psync(Request& request);
void replconf(Request& request);
void replicaof(Request& request);
void role(Request& request);

}  // namespace arbees::sim::redis
