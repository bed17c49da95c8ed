#include "tests/conformance/judgement.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <sstream>

#include "tests/conformance/coverage.h"
#include "tests/conformance/resp_frames.h"

namespace arbees::testing {
namespace {

using Replies = std::vector<std::string>;

/// More than any machine takes for a request; deadlines of the tests lie further apart.
constexpr std::int64_t patience_seconds = 60;
constexpr std::int64_t patience_milliseconds = 60'000;

std::string join(const Replies& replies) {
  std::string out;
  for (const std::string& reply : replies) {
    out += reply;
  }
  return out;
}

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
  static constexpr std::array<std::string_view, 13> fields{
      "age",  "argv-mem", "fd",        "idle", "multi-mem", "obl",    "oll",
      "omem", "qbuf",     "qbuf-free", "rbp",  "rbs",       "tot-mem"};
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

bool is_message(std::string_view reply) {
  return reply.starts_with("*3\r\n$7\r\nmessage\r\n") ||
         reply.starts_with("*4\r\n$8\r\npmessage\r\n");
}

ReplyForm form_of(const TypedCommand& command) {
  const CommandWords* words = find_words(name_in_table(command));
  return words == nullptr ? ReplyForm::exact : words->form;
}

std::string show_both(const TypedCommand& command, const Replies& model, const Replies& real) {
  constexpr std::size_t shown = 400;
  std::ostringstream out;
  const auto escaped = [](const std::string& bytes) {
    std::string text;
    for (const char c : bytes.substr(0, shown)) {
      if (c == '\r') {
        text += "\\r";
      } else if (c == '\n') {
        text += "\\n";
      } else if (c < ' ' || c > '~') {
        static constexpr std::string_view digits = "0123456789abcdef";
        const auto byte = static_cast<unsigned char>(c);
        text += {'\\', 'x', digits[byte >> 4U], digits[byte & 15U]};
      } else {
        text += c;
      }
    }
    return text + (bytes.size() > shown ? "..." : "");
  };
  out << command << "\n    model: " << escaped(join(model))
      << "\n    real:  " << escaped(join(real));
  return out.str();
}

bool judge_one(const TypedCommand& command, std::string_view model, std::string_view real,
               const std::vector<IntendedDifference>& intended) {
  return same_reply(is_message(model) ? ReplyForm::exact : form_of(command), model, real) ||
         find_difference(intended, command, model, real) != nullptr;
}

/// An EXEC's reply in a row; confirmations of several subscriptions follow it unannounced.
Replies flat(const Replies& replies) {
  Replies all = elements_of(replies.front());
  all.insert(all.end(), replies.begin() + 1, replies.end());
  return all;
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
    case ReplyForm::seconds: return same_time(model, real, patience_seconds);
    case ReplyForm::milliseconds: return same_time(model, real, patience_milliseconds);
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
    const Replies model = flat(said.model);
    const Replies real = flat(said.real);
    if (model.size() != real.size() || model.size() != session.queued.size()) {
      return show_both(command, said.model, said.real);
    }
    for (std::size_t i = 0; i < model.size(); ++i) {
      if (!judge_one(session.queued[i], model[i], real[i], intended)) {
        return "within EXEC, " + show_both(session.queued[i], {model[i]}, {real[i]});
      }
    }
    return "";
  }
  for (std::size_t i = 0; i < said.model.size(); ++i) {
    if (!judge_one(command, said.model[i], said.real[i], intended)) {
      return show_both(command, {said.model[i]}, {said.real[i]});
    }
  }
  return "";
}

}  // namespace arbees::testing
