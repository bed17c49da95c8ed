#include "tests/conformance/judgement.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <sstream>
#include <utility>

#include "tests/conformance/coverage.h"
#include "tests/conformance/resp_frames.h"

namespace arbees::testing {
namespace {

using Replies = std::vector<std::string>;

/// More than any machine takes for a request; deadlines of the tests lie further apart.
constexpr std::int64_t patience_seconds = 60;
constexpr std::int64_t patience_milliseconds = 60'000;

std::optional<std::int64_t> integer_of(std::string_view reply) {
  std::int64_t value = 0;
  if (!reply.starts_with(':')) {
    return std::nullopt;
  }
  const auto read = std::from_chars(reply.data() + 1, reply.data() + reply.size(), value);
  return read.ec == std::errc() ? std::optional(value) : std::nullopt;
}

bool same_time(std::string_view model, std::string_view real, std::int64_t patience) {
  const auto a = integer_of(model);
  const auto b = integer_of(real);
  return a && b && *a > 0 && *b > 0 && (*a < *b ? *b - *a : *a - *b) <= patience;
}

/// Seconds and microseconds, as TIME says them.
bool same_clock(std::string_view model, std::string_view real) {
  const auto seconds = [](std::string_view reply) {
    const Replies elements = elements_of(reply);
    const bool fits = elements.size() == 2 && elements[0].starts_with("$10\r\n");
    return fits ? ":" + elements[0].substr(5) : std::string();
  };
  return same_time(seconds(model), seconds(real), patience_seconds);
}

bool same_set(std::string_view model, std::string_view real, std::size_t group) {
  const auto sorted = [&](std::string_view array) {
    const Replies elements = elements_of(array);
    Replies groups;
    for (std::size_t i = 0; i < elements.size(); ++i) {
      i % group == 0 ? groups.push_back(elements[i]) : void(groups.back() += elements[i]);
    }
    std::ranges::sort(groups);
    return groups;
  };
  return model.starts_with('*') && real.starts_with('*') && sorted(model) == sorted(real);
}

/// What a machine measures about its own connections, and the clock.
bool own_to_a_machine(std::string_view field) {
  static constexpr std::array<std::string_view, 14> fields{
      "age", "argv-mem", "events", "fd",        "idle", "multi-mem", "obl",
      "oll", "omem",     "qbuf",   "qbuf-free", "rbp",  "rbs",       "tot-mem"};
  return std::ranges::find(fields, field) != fields.end();
}

std::string without_own_fields(std::string_view text) {
  std::istringstream words{std::string(text.substr(std::min(text.find('\n'), text.size())))};
  std::string out;
  for (std::string word; words >> word;) {
    const std::size_t equals = word.find('=');
    out += own_to_a_machine(word.substr(0, equals)) ? word.substr(0, equals) : word;
    out += ' ';
  }
  return out;
}

/// Rules about commands commute as long as no category comes between them.
std::string with_rules_sorted(std::string_view reply) {
  Replies words;
  std::size_t sorted_from = 0;
  std::istringstream stream{std::string(reply)};
  std::string out;
  const auto sort_run = [&] {
    std::ranges::sort(words.begin() + static_cast<std::ptrdiff_t>(sorted_from), words.end());
    sorted_from = words.size();
  };
  for (std::string word; stream >> word;) {
    const bool about_a_command =
        (word.starts_with('+') || word.starts_with('-')) && word.find('@') == std::string::npos;
    if (!about_a_command) {
      sort_run();
    }
    words.push_back(word);
    if (!about_a_command) {
      sorted_from = words.size();
    }
  }
  sort_run();
  for (const std::string& word : words) {
    out += word + " ";
  }
  return out;
}

bool same_rules(std::string_view model, std::string_view real) {
  const auto sorted = [](std::string_view array) {
    Replies elements = elements_of(array);
    std::ranges::transform(elements, elements.begin(), with_rules_sorted);
    if (!array.starts_with("*12\r\n$5\r\nflags")) {  // ACL LIST, not ACL GETUSER
      std::ranges::sort(elements);
    }
    return elements;
  };
  return model.starts_with('*') && real.starts_with('*') && sorted(model) == sorted(real);
}

bool is_message(std::string_view reply) {
  return reply.starts_with("*3\r\n$7\r\nmessage\r\n") ||
         reply.starts_with("*4\r\n$8\r\npmessage\r\n");
}

ReplyForm form_of(const TypedCommand& command) {
  const CommandWords* words = find_words(name_in_table(command));
  return words == nullptr ? ReplyForm::exact : words->form;
}

std::string show_both(const TypedCommand& command, const Replies& model, const Replies& real) {
  std::ostringstream out;
  out << command << "\n    model: " << in_print(join(model))
      << "\n    real:  " << in_print(join(real));
  return out.str();
}

bool judge_one(const TypedCommand& command, std::string_view model, std::string_view real,
               const std::vector<IntendedDifference>& intended) {
  return same_reply(is_message(model) ? ReplyForm::exact : form_of(command), model, real) ||
         find_difference(intended, command, model, real) != nullptr;
}

/// An EXEC's replies in a row, without messages among them; confirmations of several subscriptions
/// follow it unannounced.
Replies flat(const Replies& replies) {
  Replies all = elements_of(replies.front());
  all.insert(all.end(), replies.begin() + 1, replies.end());
  std::erase_if(all, is_message);
  return all;
}

bool confirms(std::string_view reply) {
  return reply.starts_with("*3\r\n$9\r\nsubscribe\r\n") ||
         reply.starts_with("*3\r\n$10\r\npsubscribe\r\n") ||
         reply.starts_with("*3\r\n$11\r\nunsubscribe\r\n") ||
         reply.starts_with("*3\r\n$12\r\npunsubscribe\r\n");
}

/// Each reply of an EXEC as one to the command queued; confirmations of subscriptions, of which a
/// command may have any number, among themselves.
std::string judge_transaction(const TypedCommand& command, const Session& session, const Said& said,
                              const std::vector<IntendedDifference>& intended) {
  const auto split = [](const Replies& all) {
    std::pair<Replies, Replies> parts;
    for (const std::string& reply : flat(all)) {
      (confirms(reply) ? parts.first : parts.second).push_back(reply);
    }
    return parts;
  };
  const auto [model_confirms, model] = split(said.model);
  const auto [real_confirms, real] = split(said.real);
  const bool bare = std::ranges::any_of(session.queued, is_bare_unsubscribe);
  std::vector<TypedCommand> queued;
  std::ranges::copy_if(session.queued, std::back_inserter(queued), [](const TypedCommand& each) {
    return !name_in_table(each).ends_with("subscribe");
  });
  if (without_hash_order(join(model_confirms), bare) !=
          without_hash_order(join(real_confirms), bare) ||
      model.size() != queued.size() || real.size() != queued.size()) {
    return show_both(command, said.model, said.real);
  }
  for (std::size_t i = 0; i < queued.size(); ++i) {
    if (!judge_one(queued[i], model[i], real[i], intended)) {
      return "within EXEC, " + show_both(queued[i], {model[i]}, {real[i]});
    }
  }
  return "";
}

}  // namespace

bool same_reply(ReplyForm form, std::string_view model, std::string_view real) {
  if (model == real) {
    return true;
  }
  switch (form) {
    case ReplyForm::exact: return false;
    case ReplyForm::any_order: return same_set(model, real, 1);
    case ReplyForm::pairs_any_order: return same_set(model, real, 2);
    case ReplyForm::clock: return same_clock(model, real);
    case ReplyForm::seconds: return same_time(model, real, patience_seconds);
    case ReplyForm::milliseconds: return same_time(model, real, patience_milliseconds);
    case ReplyForm::rules: return same_rules(model, real);
    case ReplyForm::lines:
      return model.starts_with('$') && real.starts_with('$') &&
             without_own_fields(model) == without_own_fields(real);
  }
  return false;
}

std::string judge(const TypedCommand& command, const Session& session, const Said& said,
                  bool to_sender, const std::vector<IntendedDifference>& intended) {
  const bool bare =
      std::ranges::any_of(session.queued, is_bare_unsubscribe) || is_bare_unsubscribe(command);
  if (without_hash_order(join(said.model), bare) == without_hash_order(join(said.real), bare)) {
    return "";
  }
  if (!to_sender || said.real.size() != said.model.size()) {
    return show_both(command, said.model, said.real);
  }
  const bool executed = lower(command.words.front()) == "exec" && session.in_multi &&
                        said.model.front().starts_with('*') && said.real.front().starts_with('*');
  if (executed) {
    return judge_transaction(command, session, said, intended);
  }
  for (std::size_t i = 0; i < said.model.size(); ++i) {
    if (!judge_one(command, said.model[i], said.real[i], intended)) {
      return show_both(command, {said.model[i]}, {said.real[i]});
    }
  }
  return "";
}

}  // namespace arbees::testing
