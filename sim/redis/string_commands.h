#pragma once

namespace arbees::sim::redis {

struct Request;

// Commands about what keys hold.

void append(Request& request);
void decr(Request& request);
void decrby(Request& request);
void get(Request& request);
void getdel(Request& request);
void getex(Request& request);
void getset(Request& request);
void incr(Request& request);
void incrby(Request& request);
void mget(Request& request);
void mset(Request& request);
void psetex(Request& request);
void set(Request& request);
void setex(Request& request);
void setnx(Request& request);
void string_length(Request& request);

}  // namespace arbees::sim::redis
