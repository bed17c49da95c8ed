#include "sim/redis/server_commands.h"

#include <string>

#include "sim/redis/request.h"
#include "sim/redis/resp.h"

namespace arbees::sim::redis {

void tell_time(Request& request) {
  const auto since_1970 = request.server.now.time_since_epoch();
  const auto whole = std::chrono::floor<seconds>(since_1970);
  const auto rest = std::chrono::floor<std::chrono::microseconds>(since_1970 - whole);
  append_array(request.reply, 2);
  append_bulk(request.reply, std::to_string(whole.count()));
  append_bulk(request.reply, std::to_string(rest.count()));
}

}  // namespace arbees::sim::redis
