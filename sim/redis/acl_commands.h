#pragma once

namespace arbees::sim::redis {

struct Request;

// Commands about users and their rights.

void acl_cat(Request& request);
void acl_deluser(Request& request);
void acl_getuser(Request& request);
void acl_list(Request& request);
void acl_setuser(Request& request);
void acl_users(Request& request);
void acl_whoami(Request& request);

}  // namespace arbees::sim::redis
