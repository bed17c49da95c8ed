#pragma once

namespace arbees::sim::redis {

struct Request;

void tell_time(Request& request);

}  // namespace arbees::sim::redis
