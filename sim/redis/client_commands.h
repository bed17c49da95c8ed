#pragma once

namespace arbees::sim::redis {

struct Request;

// Commands about connections, one's own and others'.

void client_info(Request& request);
void client_kill(Request& request);
void client_list(Request& request);
void client_no_evict(Request& request);
void client_reply(Request& request);

}  // namespace arbees::sim::redis
