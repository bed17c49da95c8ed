#pragma once

namespace arbees::sim::redis {

struct Request;

/// INFO: the sections and keys that clients and redis-cli read.
void info(Request& request);

}  // namespace arbees::sim::redis
