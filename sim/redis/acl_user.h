#pragma once

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/redis/command.h"

namespace arbees::sim::redis {

/// Names that a user may use: keys, or channels. Either all, or those that fit one of the patterns.
class AclPatterns {
 public:
  /// `*` stands for all and replaces what there is; false: everything is allowed already.
  [[nodiscard]] bool add(std::string_view pattern);
  void allow_all();
  void clear();

  [[nodiscard]] bool all() const { return all_; }
  [[nodiscard]] const std::vector<std::string>& patterns() const { return patterns_; }
  /// Whether `name`, taken literally, is allowed.
  [[nodiscard]] bool fits(std::string_view name) const;
  /// Whether one may listen to the whole of `pattern`: only if it was granted as it stands. The
  /// server does not work out whether a pattern lies within another one.
  [[nodiscard]] bool grants(std::string_view pattern) const;

 private:
  bool all_ = false;
  std::vector<std::string> patterns_;
};

/// Which commands a user may run: everything or nothing, and then rules of which the last one that
/// is about a command decides.
class AclCommands {
 public:
  void reset(bool allow_all);
  /// Takes what follows `+` or `-`: "get", "client|id", "@pubsub", "select|0"; says what is wrong
  /// with it.
  [[nodiscard]] std::expected<void, std::string_view> add(bool allows, std::string_view subject,
                                                          std::span<const Command> table);
  [[nodiscard]] bool allows(const Command& command,
                            std::span<const std::string_view> arguments) const;
  /// "-@all +@pubsub -publish": in the order the rules were given.
  [[nodiscard]] std::string text() const;

 private:
  struct Rule {
    bool allows;
    std::string subject;  ///< in lower case
    std::optional<Category> category;
    std::string command;         ///< full name, if it is not about a category
    std::string first_argument;  ///< empty: whatever the arguments

    [[nodiscard]] bool about(const Command& command,
                             std::span<const std::string_view> arguments) const;
  };

  bool all_ = false;
  std::vector<Rule> rules_;
};

/// What a check of a user's rights found.
enum class AclDenial : std::uint8_t { command, key, channel };

/// One user of the access rules (ACL).
///
/// Left out: selectors in brackets and the rights %R~ and %W~ on keys (a syntax error here).
class AclUser {
 public:
  /// A new user: off, without passwords, may do nothing; `all_channels` if acl-pubsub-default says so.
  AclUser(std::string name, bool all_channels);
  /// The user every connection begins with: on, without a password, may do everything.
  [[nodiscard]] static AclUser make_default();

  /// Applies one rule as ACL SETUSER takes it: "on", ">secret", "~key*", "+@read"; says what is
  /// wrong with it, and then has changed nothing. `all_channels`: what `reset` gives.
  [[nodiscard]] std::expected<void, std::string_view> apply(std::string_view rule,
                                                            std::span<const Command> table,
                                                            bool all_channels);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] bool on() const { return on_; }
  [[nodiscard]] bool needs_no_password() const { return no_password_; }
  [[nodiscard]] bool accepts(std::string_view password) const;

  /// What stands in the way of this request, if anything; in the server's order of looking.
  [[nodiscard]] std::optional<AclDenial> check(const Command& command,
                                               std::span<const std::string_view> arguments) const;
  [[nodiscard]] const AclPatterns& channels() const { return channels_; }

  // As ACL GETUSER and ACL LIST show it.
  [[nodiscard]] std::vector<std::string> flags() const;
  [[nodiscard]] const std::vector<std::string>& password_hashes() const { return passwords_; }
  [[nodiscard]] std::string commands_text() const { return commands_.text(); }
  [[nodiscard]] std::string keys_text() const;
  [[nodiscard]] std::string channels_text() const;
  [[nodiscard]] std::string text() const;  ///< "user me on nopass ~* &* +@all"

 private:
  enum class Payload : std::uint8_t { unsaid, sanitized, trusted };

  [[nodiscard]] std::expected<void, std::string_view> apply_word(std::string_view rule,
                                                                 bool all_channels, bool& known);
  [[nodiscard]] std::expected<void, std::string_view> apply_password(char mark,
                                                                     std::string_view password);
  [[nodiscard]] bool keys_fit(const Command& command,
                              std::span<const std::string_view> arguments) const;
  [[nodiscard]] bool channels_fit(const Command& command,
                                  std::span<const std::string_view> arguments) const;

  std::string name_;
  bool on_ = false;
  bool no_password_ = false;
  Payload payload_ = Payload::unsaid;
  std::vector<std::string> passwords_;  ///< as SHA-256, in the order they were given
  AclPatterns keys_;
  AclPatterns channels_;
  AclCommands commands_;
};

}  // namespace arbees::sim::redis
