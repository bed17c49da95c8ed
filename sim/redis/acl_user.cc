#include "sim/redis/acl_user.h"

#include <algorithm>
#include <utility>

#include "sim/redis/glob.h"
#include "sim/redis/sha256.h"
#include "sim/redis/text.h"

namespace arbees::sim::redis {
namespace {

using Result = std::expected<void, std::string_view>;

constexpr std::string_view rule_syntax_error = "Syntax error";
constexpr std::string_view unknown_in_rule = "Unknown command or category name in ACL";
constexpr std::string_view first_argument_of_subcommand =
    "Allowing first-arg of a subcommand is not supported";
constexpr std::string_view bad_hash =
    "The password hash must be exactly 64 characters and contain only lowercase hexadecimal "
    "characters";
constexpr std::string_view no_such_password =
    "The password you are trying to remove from the user does not exist";
constexpr std::string_view all_keys_already =
    "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have "
    "any effect. Try 'resetkeys' to start with an empty list of patterns";
constexpr std::string_view all_channels_already =
    "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not "
    "have any effect. Try 'resetchannels' to start with an empty list of channels";

std::string lowered(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), lower);
  return out;
}

bool has_spaces(std::string_view text) {
  constexpr std::string_view spaces(" \t\n\v\f\r\0", 7);
  return text.find_first_of(spaces) != std::string_view::npos;
}

bool is_hash(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

const Command* find(std::span<const Command> table, std::string_view name) {
  const auto found = std::ranges::find(table, name, &Command::name);
  return found == table.end() ? nullptr : &*found;
}

void join(std::string& out, std::string_view word) {
  if (!out.empty()) {
    out += ' ';
  }
  out += word;
}

std::string pattern_text(const AclPatterns& patterns, char mark) {
  if (patterns.all()) {
    return std::string{mark} + "*";
  }
  std::string out;
  for (const std::string& pattern : patterns.patterns()) {
    join(out, mark + pattern);
  }
  return out;
}

}  // namespace

bool AclPatterns::add(std::string_view pattern) {
  if (pattern == "*") {
    allow_all();
    return true;
  }
  if (!all_ && std::ranges::find(patterns_, pattern) == patterns_.end()) {
    patterns_.emplace_back(pattern);
  }
  return !all_;
}

void AclPatterns::allow_all() {
  all_ = true;
  patterns_.clear();
}

void AclPatterns::clear() {
  all_ = false;
  patterns_.clear();
}

bool AclPatterns::fits(std::string_view name) const {
  return all_ || std::ranges::any_of(patterns_, [&](const std::string& pattern) {
           return glob_matches(pattern, name);
         });
}

/// The real server compares C strings: nothing counts behind a NUL.
bool AclPatterns::grants(std::string_view pattern) const {
  const auto as_c_string = [](std::string_view text) { return text.substr(0, text.find('\0')); };
  return all_ || std::ranges::find(patterns_, as_c_string(pattern), as_c_string) != patterns_.end();
}

void AclCommands::reset(bool allow_all) {
  all_ = allow_all;
  rules_.clear();
}

Result AclCommands::add(bool allows, std::string_view subject, std::span<const Command> table) {
  Rule rule{allows, lowered(subject), {}, {}, {}};
  if (rule.subject == "@all") {
    reset(allows);
    return {};
  }
  if (rule.subject.starts_with('@')) {
    const auto name = std::ranges::find(category_names, std::string_view(rule.subject).substr(1));
    if (name == category_names.end()) {
      return std::unexpected(unknown_in_rule);
    }
    rule.category = static_cast<Category>(name - category_names.begin());
  } else {
    const std::string_view whole = rule.subject;
    const std::size_t bar = whole.find('|');
    const Command* command = find(table, whole.substr(0, bar));
    if (command == nullptr) {
      return std::unexpected(unknown_in_rule);
    }
    if (bar != std::string_view::npos) {
      const std::string_view second = whole.substr(bar + 1);
      if (allows && second.find('|') != std::string_view::npos) {
        return std::unexpected(first_argument_of_subcommand);
      }
      if (const Command* subcommand = find(command->subcommands, second)) {
        command = subcommand;
      } else if (allows && command->subcommands.empty()) {
        rule.first_argument = second;  // the way before there were subcommands: grants only
      } else {
        return std::unexpected(unknown_in_rule);
      }
    }
    rule.command = command->full_name;
  }
  std::erase_if(rules_, [&](const Rule& older) { return older.subject == rule.subject; });
  rules_.push_back(std::move(rule));
  return {};
}

bool AclCommands::Rule::about(const Command& asked,
                              std::span<const std::string_view> arguments) const {
  if (category) {
    return asked.categories.has(*category);
  }
  if (!first_argument.empty()) {
    return asked.full_name == command && arguments.size() > 1 &&
           lowered(arguments[1]) == first_argument;
  }
  return asked.full_name == command || (asked.full_name.starts_with(command) &&
                                        asked.full_name.substr(command.size()).starts_with('|'));
}

bool AclCommands::allows(const Command& command,
                         std::span<const std::string_view> arguments) const {
  for (auto rule = rules_.rbegin(); rule != rules_.rend(); ++rule) {
    if (rule->about(command, arguments)) {
      return rule->allows;
    }
  }
  return all_;
}

std::string AclCommands::text() const {
  std::string out = all_ ? "+@all" : "-@all";
  for (const Rule& rule : rules_) {
    join(out, (rule.allows ? '+' : '-') + rule.subject);
  }
  return out;
}

AclUser::AclUser(std::string name, bool all_channels) : name_(std::move(name)) {
  if (all_channels) {
    channels_.allow_all();
  }
}

AclUser AclUser::make_default() {
  AclUser user("default", true);
  user.on_ = true;
  user.no_password_ = true;
  user.keys_.allow_all();
  user.commands_.reset(true);
  return user;
}

Result AclUser::apply_word(std::string_view rule, bool all_channels, bool& known) {
  const std::string word = lowered(rule);
  known = true;
  if (word == "on" || word == "off") {
    on_ = word == "on";
  } else if (word == "nopass" || word == "resetpass") {
    no_password_ = word == "nopass";
    passwords_.clear();
  } else if (word == "allkeys" || word == "~*") {
    keys_.allow_all();
  } else if (word == "resetkeys") {
    keys_.clear();
  } else if (word == "allchannels" || word == "&*") {
    channels_.allow_all();
  } else if (word == "resetchannels") {
    channels_.clear();
  } else if (word == "allcommands" || word == "nocommands") {
    commands_.reset(word == "allcommands");
  } else if (word == "sanitize-payload" || word == "skip-sanitize-payload") {
    payload_ = word == "sanitize-payload" ? Payload::sanitized : Payload::trusted;
  } else if (word == "reset") {
    *this = AclUser(name_, all_channels);
    payload_ = Payload::sanitized;
  } else {
    known = word.empty() || word == "clearselectors";
  }
  return {};
}

Result AclUser::apply_password(char mark, std::string_view password) {
  const bool hashed = mark == '#' || mark == '!';
  if (hashed && !is_hash(password)) {
    return std::unexpected(bad_hash);
  }
  const std::string hash = hashed ? std::string(password) : sha256_hex(password);
  const auto found = std::ranges::find(passwords_, hash);
  if (mark == '<' || mark == '!') {
    if (found == passwords_.end()) {
      return std::unexpected(no_such_password);
    }
    passwords_.erase(found);
    return {};
  }
  no_password_ = false;
  if (found == passwords_.end()) {
    passwords_.push_back(hash);
  }
  return {};
}

Result AclUser::apply(std::string_view rule, std::span<const Command> table, bool all_channels) {
  bool known = false;
  Result result = apply_word(rule, all_channels, known);
  if (known) {
    return result;
  }
  const std::string_view rest = rule.substr(1);
  switch (rule.front()) {
    case '>':
    case '#':
    case '<':
    case '!': return apply_password(rule.front(), rest);
    case '+':
    case '-': return commands_.add(rule.front() == '+', rest, table);
    case '~':
    case '&': {
      const bool key = rule.front() == '~';
      if (has_spaces(rest)) {
        return std::unexpected(rule_syntax_error);
      }
      if (!(key ? keys_ : channels_).add(rest)) {
        return std::unexpected(key ? all_keys_already : all_channels_already);
      }
      return {};
    }
    default: return std::unexpected(rule_syntax_error);
  }
}

bool AclUser::accepts(std::string_view password) const {
  return on_ &&
         (no_password_ || std::ranges::find(passwords_, sha256_hex(password)) != passwords_.end());
}

std::optional<AclDenial> AclUser::check(const Command& command,
                                        std::span<const std::string_view> arguments) const {
  // What works before a login works for every user.
  if (!command.flags.has(Flag::no_auth) && !commands_.allows(command, arguments)) {
    return AclDenial::command;
  }
  if (!keys_fit(command, arguments)) {
    return AclDenial::key;
  }
  if (!channels_fit(command, arguments)) {
    return AclDenial::channel;
  }
  return std::nullopt;
}

bool AclUser::keys_fit(const Command& command, std::span<const std::string_view> arguments) const {
  if (keys_.all() || command.keys.first == 0) {
    return true;
  }
  const auto count = static_cast<std::ptrdiff_t>(arguments.size());
  const std::ptrdiff_t last = command.keys.last < 0 ? count + command.keys.last : command.keys.last;
  for (std::ptrdiff_t at = command.keys.first; at <= last && at < count; at += command.keys.step) {
    if (!keys_.fits(arguments[static_cast<std::size_t>(at)])) {
      return false;
    }
  }
  return true;
}

bool AclUser::channels_fit(const Command& command,
                           std::span<const std::string_view> arguments) const {
  if (channels_.all()) {
    return true;
  }
  const auto names = arguments.subspan(1);
  if (command.name == "publish") {
    return channels_.fits(names.front());
  }
  if (command.name == "subscribe") {
    return std::ranges::all_of(names, [this](auto name) { return channels_.fits(name); });
  }
  if (command.name == "psubscribe") {
    return std::ranges::all_of(names, [this](auto name) { return channels_.grants(name); });
  }
  return true;
}

std::vector<std::string> AclUser::flags() const {
  std::vector<std::string> all{on_ ? "on" : "off"};
  if (no_password_) {
    all.emplace_back("nopass");
  }
  if (payload_ != Payload::unsaid) {
    all.emplace_back(payload_ == Payload::trusted ? "skip-sanitize-payload" : "sanitize-payload");
  }
  return all;
}

std::string AclUser::keys_text() const { return pattern_text(keys_, '~'); }

std::string AclUser::channels_text() const { return pattern_text(channels_, '&'); }

std::string AclUser::text() const {
  std::string out = "user " + name_;
  for (const std::string& flag : flags()) {
    join(out, flag);
  }
  for (const std::string& hash : passwords_) {
    join(out, '#' + hash);
  }
  if (const std::string keys = keys_text(); !keys.empty()) {
    join(out, keys);
  }
  if (!channels_.all()) {
    join(out, "resetchannels");
  }
  if (const std::string channels = channels_text(); !channels.empty()) {
    join(out, channels);
  }
  join(out, commands_text());
  return out;
}

}  // namespace arbees::sim::redis
