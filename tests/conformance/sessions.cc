#include "tests/conformance/sessions.h"

#include <algorithm>

#include "tests/conformance/resp_frames.h"

namespace arbees::testing {
namespace {

/// Follows confirmations of subscriptions, which may stand within an EXEC's reply: each ends with
/// the number of subscriptions held.
void observe_subscriptions(std::string_view reply, bool& subscribed) {
  const std::vector<std::string> elements = elements_of(reply);
  if (elements.empty()) {
    return;
  }
  const bool confirms = elements.size() == 3 && elements[2].starts_with(':') &&
                        elements[0].find("subscribe\r\n") != std::string::npos;
  if (confirms) {
    subscribed = elements[2] != ":0\r\n";
    return;
  }
  for (const std::string& element : elements) {
    observe_subscriptions(element, subscribed);
  }
}

}  // namespace

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  });
  return out;
}

ClientState Session::state(bool at_replica) const {
  if (!authenticated) {
    return ClientState::unauthenticated;
  }
  if (user != "default" && user != operator_name) {
    return ClientState::restricted;
  }
  if (in_multi) {
    return ClientState::in_multi;
  }
  if (subscribed) {
    return ClientState::subscribed;
  }
  return at_replica ? ClientState::read_only : ClientState::plain;
}

void Session::observe(const TypedCommand& command, const std::vector<std::string>& replies,
                      bool needs_password) {
  if (replies.empty() || command.words.empty()) {
    return;
  }
  const std::string& reply = replies.front();
  const std::string name = lower(command.words[0]);
  if (reply == "+QUEUED\r\n") {
    queued.push_back(command);
    return;
  }
  for (const std::string& each : replies) {
    observe_subscriptions(each, subscribed);
  }
  const bool fine = !reply.starts_with('-');
  if (name == "multi" && fine) {
    in_multi = true;
    queued.clear();
  } else if ((name == "exec" && (fine || reply.starts_with("-EXECABORT"))) ||
             (name == "discard" && fine)) {
    in_multi = false;
  } else if (name == "reset" && fine) {
    *this = {};
    authenticated = !needs_password;
  } else if (name == "auth" && fine) {
    authenticated = true;
    user = command.words.size() == 3 ? command.words[1] : "default";
  } else if (name == "hello" && fine) {
    for (std::size_t i = 2; i + 2 < command.words.size(); ++i) {
      if (lower(command.words[i]) == "auth") {
        authenticated = true;
        user = command.words[i + 1];
        i += 2;
      }
    }
  }
}

}  // namespace arbees::testing
