#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/redis/bus.h"
#include "core/redis/resp_reader.h"
#include "tests/support/fake_ports.h"

namespace arbees::testing {

/// Writes down every call, one line each: "ready subscriber", "message c hello", "sent 7 2".
class RecordingBusHandler final : public redis::BusHandler {
 public:
  void on_link_ready(redis::LinkRole role, EventId cause) override {
    note("ready " + std::string{to_string(role)});
    last_cause = cause;
    if (when_ready) {
      when_ready(role);
    }
  }
  void on_link_lost(redis::LinkRole role, EventId cause) override {
    note("lost " + std::string{to_string(role)});
    last_cause = cause;
    if (when_lost) {
      when_lost(role);
    }
  }
  void on_message(std::string_view channel, std::string_view payload) override {
    note("message " + std::string{channel} + " " + std::string{payload});
    if (when_message) {
      when_message();
    }
  }
  void on_messages_end() override {
    if (when_messages_end) {
      when_messages_end();
    }
  }
  void on_published(const redis::PublicationResult& result) override {
    static constexpr std::string_view kinds[] = {"sent", "dropped", "unknown"};
    std::string line{kinds[static_cast<std::size_t>(result.kind)]};
    line += " " + std::to_string(result.id.value());
    if (result.kind == redis::PublicationResult::Kind::sent) {
      line += " " + std::to_string(result.receivers);
    }
    note(std::move(line));
    if (when_published) {
      when_published(result);
    }
  }

  /// The lines since the last call.
  [[nodiscard]] std::vector<std::string> take() { return std::exchange(lines_, {}); }

  EventId last_cause;
  std::function<void(redis::LinkRole)> when_ready;
  std::function<void(redis::LinkRole)> when_lost;
  std::function<void()> when_message;
  std::function<void()> when_messages_end;
  std::function<void(const redis::PublicationResult&)> when_published;

 private:
  void note(std::string line) { lines_.push_back(std::move(line)); }

  std::vector<std::string> lines_;
};

/// The commands a client wrote, one line each, words joined by blanks.
inline std::vector<std::string> take_commands(FakePeer& peer) {
  const std::string written = peer.take_written();
  redis::RespReader reader;
  reader.feed(written);
  std::vector<std::string> commands;
  while (true) {
    const auto command = reader.next();
    ensure(command.has_value(), "a client writes well-formed commands");
    if (*command == nullptr) {
      return commands;
    }
    std::string& line = commands.emplace_back();
    for (const redis::Reply& word : (*command)->elements) {
      line.append(line.empty() ? "" : " ").append(word.text);
    }
  }
}

/// The bytes of an array of bulk strings, as a server sends messages.
inline std::string resp_array(std::initializer_list<std::string_view> words) {
  std::string out = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string_view word : words) {
    out.append("$").append(std::to_string(word.size())).append("\r\n");
    out.append(word).append("\r\n");
  }
  return out;
}

/// What a server says to HELLO 2.
inline std::string resp_hello(std::string_view mode = "standalone") {
  std::string out = "*6\r\n$5\r\nproto\r\n:2\r\n$4\r\nmode\r\n$";
  out.append(std::to_string(mode.size())).append("\r\n").append(mode);
  return out.append("\r\n$7\r\nmodules\r\n*0\r\n");
}

/// What confirms a subscription.
inline std::string resp_confirmation(std::string_view kind, std::string_view name, int count) {
  std::string out = "*3\r\n$" + std::to_string(kind.size()) + "\r\n";
  out.append(kind).append("\r\n$").append(std::to_string(name.size())).append("\r\n").append(name);
  return out.append("\r\n:").append(std::to_string(count)).append("\r\n");
}

/// What confirms the names of one SUBSCRIBE or PSUBSCRIBE; `count` is that of the connection.
inline std::string resp_confirmations(std::string_view command, int& count) {
  const std::string_view kind = command.starts_with("P") ? "psubscribe" : "subscribe";
  std::string out;
  for (std::size_t end = command.find(' '); end != std::string_view::npos;) {
    command.remove_prefix(end + 1);
    end = command.find(' ');
    out += resp_confirmation(kind, command.substr(0, end), ++count);
  }
  return out;
}

}  // namespace arbees::testing
