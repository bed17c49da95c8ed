#pragma once

namespace arbees::sim::redis {

struct Request;

// Commands about masters and replicas.

void psync(Request& request);
void replconf(Request& request);
void replicaof(Request& request);
void role(Request& request);

}  // namespace arbees::sim::redis
