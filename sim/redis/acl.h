#pragma once

#include <expected>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "sim/redis/acl_user.h"

namespace arbees::sim::redis {

/// The users a server knows. There always is "default", and it stays where it is; so does every
/// other user until it is removed.
class Acl {
 public:
  using Users = std::map<std::string, AclUser, std::less<>>;

  explicit Acl(bool new_users_hear_everything);
  /// As a server without a file of users starts.
  void restart();

  [[nodiscard]] const Users& users() const { return users_; }
  [[nodiscard]] const AclUser* find(std::string_view name) const;
  [[nodiscard]] const AclUser& default_user() const { return users_.find("default")->second; }

  /// Creates or changes a user: by all rules, or, if one is wrong, by none. Says which and why.
  struct BadRule {
    std::string_view rule;
    std::string_view why;
  };
  [[nodiscard]] std::expected<void, BadRule> set_user(std::string_view name,
                                                      std::span<const std::string_view> rules,
                                                      std::span<const Command> table);
  /// The default user cannot be removed.
  void remove(std::string_view name);
  /// `requirepass`: the default user's only password; empty: it needs none.
  void require_password(std::string_view password);

  /// What a connection must do first: the default user has a password, or is off.
  [[nodiscard]] bool login_needed() const;
  /// The user, if it is on and that is a password of it.
  [[nodiscard]] const AclUser* log_in(std::string_view name, std::string_view password) const;

 private:
  Users users_;
  bool new_users_hear_everything_;
};

/// How the server words a denial, after "NOPERM ".
[[nodiscard]] std::string denial_text(AclDenial denial, std::string_view command);

/// The same for a command that was allowed when its transaction took it.
[[nodiscard]] std::string_view late_denial_text(AclDenial denial);

}  // namespace arbees::sim::redis
