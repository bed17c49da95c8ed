#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "tests/conformance/model_twin.h"
#include "tests/conformance/requests.h"
#include "tests/conformance/resp_frames.h"
#include "tests/support/real_redis.h"
#include "tests/support/stream_socket.h"

namespace arbees::testing {

/// What one command made the servers say on one connection: replies, and messages among them.
struct Said {
  std::size_t command;     ///< its place among those sent together
  std::size_t connection;  ///< the sender's own, or another's
  std::vector<std::string> model;
  std::vector<std::string> real;  ///< shorter if the real server said less
};

/// Some commands sent in one go, and all that came of it.
struct Exchange {
  std::vector<Said> said;
  std::size_t heard = 0;  ///< commands carried out before the connection ended, if it did
  std::string disorder;   ///< empty, or what cannot be put down to one command
};

/// A real redis-server and the model of it, side by side, with several connections that end
/// independently. Other than RedisPair, it knows which command caused which bytes, in every state a
/// connection can be in.
///
/// The model runs twice: one gets the bytes cut as the real server does, the other command by
/// command. They must say the same; the second one tells whose replies are whose, and how many
/// replies of the real server are to be waited for. PINGs on the connection `control` show that the
/// real server will say no more; where `control` itself is waited for, a stranger shows it.
class Twins {
 public:
  Twins();

  using Connection = std::size_t;
  /// For preparing and cleaning up; it counts as one of the connections.
  static constexpr Connection control = 0;
  /// Both servers carry out `greeting`, unless it is empty, and RESET on every new connection; in
  /// between its number is asked for.
  void greet_with(std::vector<std::string> greeting) { greeting_ = std::move(greeting); }
  /// Opens connections until there are as many; those that ended are opened again.
  void connect(std::size_t connections);
  [[nodiscard]] Exchange exchange(Connection connection, const std::vector<TypedCommand>& commands,
                                  const std::vector<unsigned>& cuts);
  /// Ends the connection from the client's side.
  void hang_up(Connection connection);
  void hang_up_all();
  [[nodiscard]] bool is_open(Connection connection) const {
    return connection < links_.size() && links_[connection].open;
  }

  [[nodiscard]] RealRedis& real() { return real_; }

 private:
  struct Link {
    StreamSocket socket;
    ReplyStream replies;
    bool open = true;
    bool at_end = false;
  };

  void open_link(Connection connection);
  [[nodiscard]] Exchange ask_one_by_one(Connection connection,
                                        const std::vector<TypedCommand>& commands);
  /// Takes out those whom somebody else's command ended: what they were still told depends on how the
  /// commands were read, for bytes that have not left are lost with the connection.
  [[nodiscard]] std::set<Connection> take_out_ended(Exchange& exchange, Connection sender) const;
  static void compare_cuts(Exchange& exchange, const std::vector<ModelTwin::Heard>& as_sent,
                           const std::set<Connection>& ended);
  /// Sends the pieces, and hears what was answered before more waits at the real server than it keeps for everybody.
  void tell_real(Connection connection, const std::vector<TypedCommand>& commands,
                 const std::vector<std::string>& pieces, const Exchange& exchange);
  void fill_in_real(Exchange& exchange);
  void expect_end(Connection connection, Exchange& exchange);
  void wait_for(Connection connection, std::size_t replies, bool end);
  [[nodiscard]] bool hear_more(Link& link);
  /// Returns once the loop of the real server has turned, however slow the machine: what was on its way
  /// to it before has been read.
  void let_it_turn(Connection waiting);
  void ping_on_control();
  void come_and_go();

  /// The system's time as of the last look: stands still while both models are asked.
  class HeldClock final : public sim::redis::ServerClock {
   public:
    HeldClock() { look(); }
    void look() { now_ = WallTime(std::chrono::system_clock::now().time_since_epoch()); }
    [[nodiscard]] WallTime wall_now() const override { return now_; }

   private:
    WallTime now_;
  };

  RealRedis real_;
  std::vector<std::string> greeting_;
  HeldClock clock_;
  ModelTwin as_sent_{clock_};
  ModelTwin one_by_one_{clock_};
  std::vector<Link> links_;
};

}  // namespace arbees::testing
