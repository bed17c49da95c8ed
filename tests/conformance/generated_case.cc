#include "tests/conformance/generated_case.h"

#include <array>
#include <optional>
#include <ostream>
#include <utility>

#include "tests/conformance/command_words.h"
#include "tests/conformance/coverage.h"
#include "tests/conformance/dice.h"

namespace arbees::testing {
namespace {

constexpr std::size_t most_in_a_step = 24;
constexpr unsigned percent_wrong = 45;
constexpr std::size_t percent_published = 14;
constexpr unsigned percent_as_line = 20;

using Words = std::vector<std::string>;

std::vector<const CommandWords*> known_words() {
  std::vector<const CommandWords*> all;
  for (const std::string& name : names_in_table()) {
    if (const CommandWords* words = find_words(name)) {
      all.push_back(words);
    }
  }
  return all;
}

/// What brings a fresh connection into the state.
std::vector<TypedCommand> enter(ClientState state) {
  switch (state) {
    case ClientState::in_multi: return {{{"MULTI"}}};
    case ClientState::subscribed: return {{{"SUBSCRIBE", "b", "own"}}};
    case ClientState::restricted: return {{{"AUTH", "limited", "limited"}}};
    default: return {};
  }
}

class CaseDraw {
 public:
  CaseDraw(ClientState state, std::uint64_t seed) : state_(state), dice_(seed) {}

  /// How often each command was drawn, in full.
  [[nodiscard]] std::size_t rounds() const { return deck_.empty() ? rounds_ : rounds_ - 1; }

  Step step() {
    Step step;
    if (put_off_) {
      return *std::exchange(put_off_, std::nullopt);
    }
    if (published_ * 100 < drawn_ * percent_published) {
      step.connection = publisher;
      publish(step);
      published_ += step.commands.size();
    } else if (dice_.percent(8)) {
      step.connection = listener;
      listen(step);
    } else {
      step.connection = first_tried + dice_.below(connections_of_a_case - first_tried);
      try_commands(step);
    }
    drawn_ += step.commands.size() + 1;
    for (TypedCommand& command : step.commands) {
      command.as_line = dice_.percent(percent_as_line);
    }
    for (std::size_t cuts = dice_.below(4); cuts > 0; --cuts) {
      step.cuts.push_back(static_cast<unsigned>(dice_.below(4'000)));
    }
    return step;
  }

 private:
  void publish(Step& step) {
    prepare(step);
    for (std::size_t i = 1 + dice_.below(most_in_a_step); i > 0; --i) {
      step.commands.push_back({{"PUBLISH", draw_channel(dice_), draw_bytes(dice_)}});
    }
  }

  void listen(Step& step) {
    prepare(step);
    for (std::size_t i = 1 + dice_.below(4); i > 0; --i) {
      const bool to_channels = dice_.percent(50);
      const Words names = draw_several(dice_, 1, 3, to_channels ? draw_channel : draw_pattern);
      Words words{to_channels ? "SUBSCRIBE" : "PSUBSCRIBE"};
      if (dice_.percent(30)) {
        words.front().insert(to_channels ? 0 : 1, "UN");
      }
      words.insert(words.end(), names.begin(), names.end());
      step.commands.push_back({words});
    }
  }

  void try_commands(Step& step) {
    bool& there = there_[step.connection];
    if (!there) {
      step.commands.push_back({{"RESET"}});
      const std::vector<TypedCommand> way = enter(state_);
      step.commands.insert(step.commands.end(), way.begin(), way.end());
      there = true;
    }
    const bool may_be_wrong = state_ != ClientState::in_multi || dice_.percent(60);
    for (std::size_t i = 1 + dice_.below(most_in_a_step); i > 0; --i) {
      const TypedCommand command = any_command(may_be_wrong);
      if (drops(command)) {
        put_off_ = Step{step.connection, {command}, {}};
        there = false;
        return;
      }
      step.commands.push_back(command);
      if (leaves(command)) {
        there = false;
        return;
      }
    }
    if (state_ == ClientState::in_multi && dice_.percent(80)) {
      step.commands.push_back({{"EXEC"}});
      there = false;
    }
  }

  TypedCommand any_command(bool may_be_wrong) {
    if (deck_.empty()) {
      static const std::vector<const CommandWords*> known = known_words();
      deck_ = known;
      ++rounds_;
    }
    std::swap(deck_[dice_.below(deck_.size())], deck_.back());
    Words words = draw_command(*deck_.back(), dice_);
    deck_.pop_back();
    if (may_be_wrong && dice_.percent(2)) {
      words.front() = dice_.pick({"foo", "", "un\r\nknown", "PUBLISHH"});
    } else if (may_be_wrong && dice_.percent(percent_wrong)) {
      mangle(words, dice_);
    }
    return {words};
  }

  /// Such a command takes replies with it that were not sent yet: which these are depends on how the
  /// real server happens to read. It goes alone.
  static bool drops(const TypedCommand& command) {
    const std::string name = name_in_table(command);
    return name == "post" || name == "host:";
  }

  bool leaves(const TypedCommand& command) const {
    if (state_ == ClientState::subscribed && is_bare_unsubscribe(command)) {
      return true;
    }
    const CommandWords* words = find_words(name_in_table(command));
    if (words == nullptr || words->leaves == Leaves::never) {
      return false;
    }
    return words->leaves == Leaves::always ||
           (state_ != ClientState::in_multi && state_ != ClientState::subscribed &&
            state_ != ClientState::unauthenticated);
  }

  /// Those who publish and listen may do so even where a newcomer must log in.
  void prepare(Step& step) const {
    if (state_ == ClientState::unauthenticated) {
      step.commands.push_back({{"AUTH", std::string(operator_name), "x"}});
    }
  }

  ClientState state_;
  Dice dice_;
  std::vector<const CommandWords*> deck_;  // each command once, until all are drawn
  std::size_t rounds_ = 0;
  std::size_t drawn_ = 0;
  std::size_t published_ = 0;
  std::optional<Step> put_off_;                      // to be the next one
  std::array<bool, connections_of_a_case> there_{};  // in the state, as far as can be foreseen
};

}  // namespace

std::ostream& operator<<(std::ostream& out, const Step& step) {
  out << "\non connection " << step.connection;
  if (!step.cuts.empty()) {
    out << ", cut into pieces";
  }
  for (const TypedCommand& command : step.commands) {
    out << "\n  " << command;
  }
  return out;
}

std::vector<Step> draw_case(ClientState state, std::size_t tries, std::uint64_t seed) {
  CaseDraw draw(state, seed);
  std::vector<Step> all;
  while (draw.rounds() < tries) {
    all.push_back(draw.step());
  }
  return all;
}

}  // namespace arbees::testing
