#include "sim/runner/stranger.h"

#include <algorithm>
#include <deque>
#include <string>
#include <utility>

#include "core/redis/command.h"
#include "core/redis/reply.h"
#include "core/redis/resp_reader.h"
#include "sim/world/events.h"

namespace arbees::sim {
namespace {

using arbees::redis::Reply;
using arbees::redis::RespReader;

constexpr Duration back_after = seconds{1};
/// A stranger is a nuisance, not a flood: that is a fault of its own.
constexpr Duration shortest_wait = milliseconds{100};
/// Where its link takes less than it says, the rest would pile up in front of it.
constexpr std::size_t unanswered_max = 8;

/// One connection to Redis that is there again soon after it was lost.
class LastingLine final : private ConnectionHandler {
 public:
  using Heard = std::function<void(const Reply&)>;

  LastingLine(Ports& ports, Endpoint redis, std::function<void()> ready, Heard heard)
      : ports_(ports),
        redis_(std::move(redis)),
        ready_(std::move(ready)),
        heard_(std::move(heard)),
        again_(ports.clock.make_timer([this] { open(); })) {}

  void open() {
    reader_ = RespReader();
    connection_ = ports_.transport.connect(redis_, *this);
  }
  [[nodiscard]] bool stands() const { return stands_; }
  void say(std::initializer_list<std::string_view> words) {
    std::string command;
    arbees::redis::append_command(command, words);
    connection_->write(command);
  }

 private:
  void on_connected() override {
    stands_ = true;
    ready_();
  }
  void on_drained() override {}
  void on_data(std::string_view bytes) override {
    reader_.feed(bytes);
    for (auto next = reader_.next(); next && *next != nullptr; next = reader_.next()) {
      heard_(**next);
    }
  }
  void on_closed(CloseReason, std::string_view, EventId) override {
    stands_ = false;
    connection_ = nullptr;
    again_->arm(ports_.clock.now() + back_after);
  }

  Ports& ports_;
  Endpoint redis_;
  std::function<void()> ready_;
  Heard heard_;
  RespReader reader_;
  std::unique_ptr<Timer> again_;
  std::unique_ptr<Connection> connection_;
  bool stands_ = false;
};

class Stranger final : public Program {
 public:
  Stranger(Ports& ports, const Endpoint& redis, HostileMessages messages,
           const Hostility& hostility, WhyThere why)
      : ports_(ports),
        messages_(std::move(messages)),
        hostility_(hostility),
        why_(std::move(why)),
        mouth_(
            ports, redis, [this] { said_.clear(); },
            [this](const Reply& reply) { on_answer(reply); }),
        ear_(
            ports, redis, [this] { ear_.say({"PSUBSCRIBE", "shard:*"}); },
            [this](const Reply& reply) { on_message(reply); }),
        next_(ports.clock.make_timer([this] { publish(); })) {}

  void start() override {
    mouth_.open();
    ear_.open();
    wait();
  }
  void terminate() override { ports_.process.exit(ExitCode::ok, "asked to end"); }

 private:
  struct Said {
    HostileKind kind;
    std::string channel;
  };

  void wait() {
    const auto [shortest, longest] = hostility_.every;
    const auto span = static_cast<std::uint64_t>((longest - shortest).count()) + 1;
    const Duration drawn =
        shortest + Duration(static_cast<std::int64_t>(ports_.entropy.below(span)));
    next_->arm(ports_.clock.now() + std::max(drawn, shortest_wait));
  }

  void publish() {
    wait();
    const HostileKind kind =
        hostility_.kind ? *hostility_.kind
                        : static_cast<HostileKind>(ports_.entropy.below(drawn_hostile_kinds));
    const std::optional<HostileMessage> message = messages_.make(kind, ports_.entropy);
    if (message && mouth_.stands() && said_.size() < unanswered_max) {
      mouth_.say({"PUBLISH", message->channel, message->payload});
      said_.push_back({kind, message->channel});
    }
  }

  /// How many heard it beside itself; what was refused was heard by nobody.
  void on_answer(const Reply& reply) {
    if (said_.empty()) {
      return;
    }
    const Said said = std::move(said_.front());
    said_.pop_front();
    const bool by_itself = ear_.stands() && said.channel.starts_with("shard:");
    if (reply.is(Reply::Kind::integer) && reply.integer > (by_itself ? 1 : 0)) {
      ports_.events.record(
          HostileMessageHeard{.kind = std::string(word(said.kind)), .channel = said.channel},
          why_());
    }
  }

  void on_message(const Reply& reply) {
    if (reply.elements.size() == 4 && reply.elements[0].text == "pmessage") {
      messages_.heard({reply.elements[2].text, reply.elements[3].text});
    }
  }

  Ports& ports_;
  HostileMessages messages_;
  Hostility hostility_;
  WhyThere why_;
  LastingLine mouth_;
  LastingLine ear_;
  std::unique_ptr<Timer> next_;
  std::deque<Said> said_;  ///< and not answered yet
};

}  // namespace

std::unique_ptr<Program> make_stranger(Ports& ports, Endpoint redis, HostileMessages messages,
                                       const Hostility& hostility, WhyThere why) {
  return std::make_unique<Stranger>(ports, redis, std::move(messages), hostility, std::move(why));
}

}  // namespace arbees::sim
