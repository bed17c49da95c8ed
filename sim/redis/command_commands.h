#pragma once

namespace arbees::sim::redis {

struct Request;

// Commands about the commands there are.

void command_count(Request& request);
void command_docs(Request& request);
void command_info(Request& request);
void command_list(Request& request);
/// COMMAND alone.
void list_commands(Request& request);

}  // namespace arbees::sim::redis
