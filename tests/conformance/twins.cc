#include "tests/conformance/twins.h"

#include <algorithm>
#include <map>
#include <optional>
#include <stdexcept>
#include <utility>

namespace arbees::testing {
namespace {

/// What a reply that is there in a moment may take on a busy machine; only speed depends on it.
constexpr milliseconds moment{3};
/// Turns of the real server's loop after which it has answered what it has read.
constexpr int turns = 8;
/// Half of what the real server holds for an idle client beside its list of replies. Ten times a second it hangs up on who has not logged in
/// (any more: RESET) and has 1024 bytes in that list; whether it does depends on how soon one reads, so nobody lets it come to that.
constexpr std::size_t unheard_max = 512;

std::string text_until(StreamSocket& socket, std::string_view ending) {
  std::string text;
  while (!text.ends_with(ending)) {
    const auto bytes = socket.receive();
    if (!bytes || bytes->empty()) {
      throw std::runtime_error("the real redis-server does not answer, after " + text);
    }
    text += *bytes;
  }
  return text;
}

void send_all(StreamSocket& socket, std::string_view bytes) {
  if (!socket.send(bytes)) {
    throw std::runtime_error("the real redis-server reads nothing more");
  }
}

}  // namespace

/// Keys whose time is over go when somebody looks, at both: the real server's search for them in the
/// background takes its time.
Twins::Twins() : real_({"--enable-debug-command", "yes"}) {
  StreamSocket socket = StreamSocket::connect_unix(real_.socket_path());
  send_all(socket, "DEBUG SET-ACTIVE-EXPIRE 0\r\n");
  (void)text_until(socket, "+OK\r\n");
}

void Twins::connect(std::size_t connections) {
  for (Connection connection = 0; connection < connections; ++connection) {
    if (connection >= links_.size() || !links_[connection].open) {
      open_link(connection);
    }
  }
}

void Twins::open_link(Connection connection) {
  clock_.look();
  Link link{.socket = StreamSocket::connect_unix(real_.socket_path()), .replies = {}};
  const std::string greeting = greeting_.empty() ? "" : encode(TypedCommand{greeting_});
  send_all(link.socket, greeting + "CLIENT ID\r\nRESET\r\n");
  const std::string replies = text_until(link.socket, "+RESET\r\n");
  const std::uint64_t id = std::stoull(replies.substr(replies.find(':') + 1));
  for (ModelTwin* model : {&as_sent_, &one_by_one_}) {
    const std::string address = real_.socket_path() + ":0";
    model->open(connection, id, {.remote = address, .local = address});
    model->feed(connection, greeting + "CLIENT ID\r\nRESET\r\n");
    (void)model->take();
  }
  if (connection == links_.size()) {
    links_.push_back(std::move(link));
  } else {
    links_.at(connection) = std::move(link);
  }
}

Exchange Twins::exchange(Connection connection, const std::vector<TypedCommand>& commands,
                         const std::vector<unsigned>& cuts) {
  clock_.look();
  const std::vector<std::string> pieces = cut(encode(commands), cuts);
  for (const std::string& piece : pieces) {
    as_sent_.feed(connection, piece);
  }
  const std::vector<ModelTwin::Heard> as_sent = as_sent_.take();
  Exchange exchange = ask_one_by_one(connection, commands);
  const std::set<Connection> ended = take_out_ended(exchange, connection);
  tell_real(connection, commands, pieces, exchange);
  fill_in_real(exchange);
  for (const Connection gone : ended) {
    expect_end(gone, exchange);
  }
  compare_cuts(exchange, as_sent, ended);
  return exchange;
}

void Twins::tell_real(Connection connection, const std::vector<TypedCommand>& commands,
                      const std::vector<std::string>& pieces, const Exchange& exchange) {
  // After how many bytes of the commands so many replies are heard first.
  std::map<std::size_t, std::size_t> pauses;
  std::size_t end = 0;
  std::size_t replies = 0;
  std::size_t unheard = 0;
  auto said = exchange.said.begin();
  for (std::size_t i = 0; i < commands.size(); ++i) {
    end += encode(commands[i]).size();
    for (; said != exchange.said.end() && said->command == i; ++said) {
      if (said->connection == connection) {
        replies += said->model.size();
        unheard += join(said->model).size();
      }
    }
    if (unheard > unheard_max) {
      pauses.emplace(end, replies);
      unheard = 0;
    }
  }
  std::size_t told = 0;
  for (std::string_view rest : pieces) {
    while (!rest.empty()) {
      const auto pause = pauses.upper_bound(told);
      const std::size_t length =
          pause == pauses.end() ? rest.size() : std::min(rest.size(), pause->first - told);
      send_all(links_.at(connection).socket, rest.substr(0, length));
      rest.remove_prefix(length);
      told += length;
      if (pause != pauses.end() && told == pause->first) {
        wait_for(connection, pause->second, false);
      }
    }
  }
}

std::set<Twins::Connection> Twins::take_out_ended(Exchange& exchange, Connection sender) const {
  std::set<Connection> ended;
  for (const Said& said : exchange.said) {
    if (said.connection != sender && !links_.at(said.connection).open) {
      ended.insert(said.connection);
    }
  }
  std::erase_if(exchange.said, [&](const Said& said) { return ended.contains(said.connection); });
  return ended;
}

void Twins::expect_end(Connection connection, Exchange& exchange) {
  wait_for(connection, 0, true);
  if (!links_.at(connection).at_end && exchange.disorder.empty()) {
    exchange.disorder =
        "the real server does not hang up on connection " + std::to_string(connection);
  }
}

Exchange Twins::ask_one_by_one(Connection connection, const std::vector<TypedCommand>& commands) {
  Exchange exchange;
  for (std::size_t i = 0; i < commands.size() && links_.at(connection).open; ++i) {
    one_by_one_.feed(connection, encode(commands[i]));
    for (const auto& heard : one_by_one_.take()) {
      exchange.said.push_back({i, heard.place, split_replies(heard.bytes), {}});
      if (heard.closed) {
        links_.at(heard.place).open = false;
      }
    }
    exchange.heard = i + 1;
  }
  return exchange;
}

void Twins::compare_cuts(Exchange& exchange, const std::vector<ModelTwin::Heard>& as_sent,
                         const std::set<Connection>& ended) {
  std::map<Connection, std::string> model;
  std::map<Connection, std::string> real;
  for (const Said& said : exchange.said) {
    model[said.connection] += join(said.model);
    real[said.connection] += join(said.real);
  }
  for (const auto& heard : as_sent) {
    if (ended.contains(heard.place)) {
      continue;
    }
    if (model[heard.place] != heard.bytes && exchange.disorder.empty()) {
      exchange.disorder = "on connection " + std::to_string(heard.place) +
                          ", where the model's answers depend on how the stream is cut" +
                          "\n    model: " + in_print(heard.bytes) +
                          "\n    real:  " + in_print(real[heard.place]);
    }
    model.erase(heard.place);
  }
  for (const auto& [place, bytes] : model) {
    if (!bytes.empty() && exchange.disorder.empty()) {
      exchange.disorder = "on connection " + std::to_string(place) +
                          ", where the model is silent when the stream is cut otherwise" +
                          "\n    real:  " + in_print(real[place]);
    }
  }
}

void Twins::fill_in_real(Exchange& exchange) {
  std::map<Connection, std::size_t> expected;
  for (const Said& said : exchange.said) {
    expected[said.connection] += said.model.size();
  }
  for (const auto& [connection, replies] : expected) {
    wait_for(connection, replies, !links_.at(connection).open);
  }
  for (Said& said : exchange.said) {
    said.real = links_.at(said.connection).replies.take(said.model.size());
  }
  for (const auto& [connection, replies] : expected) {
    Link& link = links_.at(connection);
    const std::string where = " on connection " + std::to_string(connection);
    if (!exchange.disorder.empty()) {
      return;
    }
    if (!link.replies.rest().empty()) {
      exchange.disorder =
          "the real server says more" + where + "\n    real:  " + in_print(link.replies.rest());
    } else if (link.at_end == link.open) {
      exchange.disorder =
          (link.open ? "the real server hangs up" : "the real server does not hang up") + where;
    }
  }
}

void Twins::wait_for(Connection connection, std::size_t replies, bool end) {
  Link& link = links_.at(connection);
  const auto there = [&] { return link.at_end || (!end && link.replies.whole() >= replies); };
  int quiet_turns = 0;
  while (!there() && quiet_turns < turns) {
    if (hear_more(link)) {
      quiet_turns = 0;
      continue;
    }
    ++quiet_turns;
    let_it_turn(connection);
  }
}

bool Twins::hear_more(Link& link) {
  const auto bytes = link.socket.receive(moment);
  if (!bytes) {
    return false;
  }
  link.at_end = bytes->empty();
  link.replies.add(*bytes);
  return true;
}

void Twins::let_it_turn(Connection waiting) {
  if (waiting != control && !links_.at(control).at_end) {
    ping_on_control();
  } else {
    come_and_go();
  }
}

/// Whatever rights it has, PING is answered: an error will do.
void Twins::ping_on_control() {
  Link& link = links_.at(control);
  const std::size_t before = link.replies.whole();
  send_all(link.socket, "PING\r\n");
  while (!link.at_end && link.replies.whole() == before) {
    (void)hear_more(link);
  }
  const std::vector<std::string> replies = link.replies.take(before + 1);
  for (std::size_t i = 0; i < before; ++i) {
    link.replies.add(replies[i]);
  }
  for (ModelTwin* model : {&as_sent_, &one_by_one_}) {
    model->feed(control, "PING\r\n");
    (void)model->take();
  }
}

/// Whoever comes is accepted or refused, and hung up on when it asks for that, whatever its rights. Not for every turn:
/// one client more than five, and the real server's list of them may change its order for good.
void Twins::come_and_go() {
  StreamSocket stranger = StreamSocket::connect_unix(real_.socket_path());
  send_all(stranger, "QUIT\r\n");
  for (std::optional<std::string> bytes; !bytes || !bytes->empty();) {
    bytes = stranger.receive();
    if (!bytes) {
      throw std::runtime_error("the real redis-server does not hang up on who quits");
    }
  }
}

void Twins::hang_up(Connection connection) {
  Link& link = links_.at(connection);
  if (!link.open) {
    return;
  }
  link.socket.finish_sending();
  while (!link.at_end) {
    if (!hear_more(link)) {
      let_it_turn(connection);
    }
  }
  as_sent_.hang_up(connection);
  one_by_one_.hang_up(connection);
  link.open = false;
}

void Twins::hang_up_all() {
  for (Connection connection = 0; connection < links_.size(); ++connection) {
    hang_up(connection);
  }
}

}  // namespace arbees::testing
