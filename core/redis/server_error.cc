#include "core/redis/server_error.h"

#include <algorithm>
#include <array>

namespace arbees::redis {
namespace {

constexpr std::array<std::string_view, 4> refusals{"NOAUTH", "WRONGPASS", "NOPERM", "DENIED"};
constexpr std::array<std::string_view, 5> of_a_cluster{"MOVED", "ASK", "CLUSTERDOWN", "TRYAGAIN",
                                                       "CROSSSLOT"};
constexpr std::array<std::string_view, 5> outages{"LOADING", "MASTERDOWN", "READONLY", "BUSY",
                                                  "UNKILLABLE"};

constexpr std::size_t longest_text = 200;

template <std::size_t n>
bool has_code(std::string_view error, const std::array<std::string_view, n>& codes) {
  return std::ranges::find(codes, error.substr(0, error.find(' '))) != codes.end();
}

void hide(std::string& text, const std::string& secret) {
  if (secret.empty()) {
    return;
  }
  for (std::size_t at = text.find(secret); at != std::string::npos;
       at = text.find(secret, at + 3)) {
    text.replace(at, secret.size(), "***");
  }
}

}  // namespace

ServerError judge(std::string_view error) {
  if (has_code(error, refusals) || tells_of_cluster(error) || error.starts_with("ERR AUTH ")) {
    return ServerError::refusal;
  }
  if (has_code(error, outages) || error.starts_with("ERR max number of clients")) {
    return ServerError::outage;
  }
  return ServerError::about_the_command;
}

bool tells_of_cluster(std::string_view error) { return has_code(error, of_a_cluster); }

bool concerns_link(std::string_view error) {
  return judge(error) == ServerError::outage || tells_of_cluster(error) ||
         error.starts_with("NOAUTH");
}

bool answers_ping(std::string_view error) { return error.starts_with("MISCONF"); }

std::string presentable(std::string_view error, const BusSettings& settings) {
  std::string text{error};
  hide(text, settings.password);
  hide(text, settings.sentinel.password);
  if (text.size() > longest_text) {
    text.resize(longest_text);
    text.append("...");
  }
  return text;
}

}  // namespace arbees::redis
