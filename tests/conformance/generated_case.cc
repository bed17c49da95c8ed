#include "tests/conformance/generated_case.h"

#include <array>
#include <ostream>
#include <utility>

#include "tests/conformance/command_words.h"
#include "tests/conformance/coverage.h"
#include "tests/conformance/dice.h"

namespace arbees::testing {
namespace {

constexpr std::size_t most_in_a_step = 60;
constexpr unsigned percent_wrong = 45;
constexpr std::size_t percent_published = 16;
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
    if (!there_[step.connection]) {
      enter_state(step);
    }
    there_[step.connection] = true;
    bool may_be_wrong = draw_may_be_wrong();
    for (std::size_t i = 1 + dice_.below(most_in_a_step); i > 0; --i) {
      const TypedCommand command = any_command(may_be_wrong);
      step.commands.push_back(command);
      if (name_in_table(command) == "quit") {
        there_[step.connection] = false;
        return;
      }
      if (leaves(command)) {
        enter_state(step);
        may_be_wrong = draw_may_be_wrong();
      } else if (state_ == ClientState::in_multi && dice_.percent(6)) {
        step.commands.push_back({{"EXEC"}});
        enter_state(step);
        may_be_wrong = draw_may_be_wrong();
      }
    }
  }

  /// Whatever state the connection was in.
  void enter_state(Step& step) const {
    step.commands.push_back({{"RESET"}});
    const std::vector<TypedCommand> way = enter(state_);
    step.commands.insert(step.commands.end(), way.begin(), way.end());
  }

  /// One refused command spoils a transaction: most shall be carried out.
  bool draw_may_be_wrong() { return state_ != ClientState::in_multi || dice_.percent(60); }

  TypedCommand any_command(bool may_be_wrong) {
    if (deck_.empty()) {
      static const std::vector<const CommandWords*> known = known_words();
      deck_ = known;
      ++rounds_;
    }
    std::swap(deck_[dice_.below(deck_.size())], deck_.back());
    const CommandWords& chosen = *deck_.back();
    deck_.pop_back();
    Words words = draw_command(chosen, dice_);
    if (may_be_wrong && dice_.percent(2)) {
      words.front() = dice_.pick({"foo", "", "un\r\nknown", "PUBLISHH"});
    } else if (may_be_wrong && chosen.mangled && dice_.percent(percent_wrong)) {
      mangle(words, dice_);
    }
    return {words};
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
