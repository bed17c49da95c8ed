#pragma once

namespace arbees::sim::redis {

struct Request;

void config_get(Request& request);
void config_resetstat(Request& request);
void config_set(Request& request);

}  // namespace arbees::sim::redis
