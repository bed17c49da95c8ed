#pragma once

namespace arbees::sim::redis {

struct Command;
struct Request;

/// Carries the request out, or refuses it as the real server would: in the same order of checks.
void run_command(Request& request);

/// Runs a command that exists whatever the state of the server and the rights of the client.
void run_as_operator(Request& request);

/// Runs one command after all checks, its effects going to the unit under way.
void call(const Command& command, Request& request);

}  // namespace arbees::sim::redis
