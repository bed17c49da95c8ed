#pragma once

namespace arbees::sim::redis {

struct Request;

// Commands about the connection itself.

void auth(Request& request);
void client_getname(Request& request);
void client_id(Request& request);
void client_setname(Request& request);
void echo(Request& request);
void hello(Request& request);
void ping(Request& request);
void quit(Request& request);
void reset(Request& request);
void select_database(Request& request);

}  // namespace arbees::sim::redis
