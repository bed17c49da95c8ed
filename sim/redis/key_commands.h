#pragma once

namespace arbees::sim::redis {

struct Request;

// Commands about keys whatever they hold: whether they are there, and how long.

void count_keys(Request& request);
void delete_keys(Request& request);
void exists(Request& request);
void expire(Request& request);
void expireat(Request& request);
void expiretime(Request& request);
void flush_all(Request& request);
void flush_database(Request& request);
void list_keys(Request& request);
void persist(Request& request);
void pexpire(Request& request);
void pexpireat(Request& request);
void pexpiretime(Request& request);
void pttl(Request& request);
void ttl(Request& request);
void type_of_key(Request& request);

}  // namespace arbees::sim::redis
