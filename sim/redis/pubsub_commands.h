#pragma once

namespace arbees::sim::redis {

struct Request;

void psubscribe(Request& request);
void publish(Request& request);
void punsubscribe(Request& request);
void subscribe(Request& request);
void unsubscribe(Request& request);

}  // namespace arbees::sim::redis
