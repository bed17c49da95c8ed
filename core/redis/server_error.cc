#include "core/redis/server_error.h"

#include <algorithm>
#include <array>

namespace arbees::redis {
namespace {

constexpr std::array<std::string_view, 4> refusals{"NOAUTH", "WRONGPASS", "NOPERM", "DENIED"};
constexpr std::array<std::string_view, 6> outages{"LOADING", "MASTERDOWN",  "READONLY",
                                                  "BUSY",    "CLUSTERDOWN", "UNKILLABLE"};

constexpr std::size_t longest_text = 200;

}  // namespace

ServerError judge(std::string_view error) {
  const std::string_view code = error.substr(0, error.find(' '));
  if (std::ranges::find(refusals, code) != refusals.end() || error.starts_with("ERR AUTH ")) {
    return ServerError::refusal;
  }
  if (std::ranges::find(outages, code) != outages.end() ||
      error.starts_with("ERR max number of clients")) {
    return ServerError::outage;
  }
  return ServerError::about_the_command;
}

std::string presentable(std::string_view error, const BusSettings& settings) {
  std::string text{error};
  if (!settings.password.empty()) {
    for (std::size_t at = text.find(settings.password); at != std::string::npos;
         at = text.find(settings.password, at + 3)) {
      text.replace(at, settings.password.size(), "***");
    }
  }
  if (text.size() > longest_text) {
    text.resize(longest_text);
    text.append("...");
  }
  return text;
}

}  // namespace arbees::redis
