#include "sim/redis/acl.h"

#include <utility>

namespace arbees::sim::redis {

Acl::Acl(bool new_users_hear_everything) : new_users_hear_everything_(new_users_hear_everything) {
  restart();
}

void Acl::restart() {
  users_.clear();
  users_.emplace("default", AclUser::make_default());
}

const AclUser* Acl::find(std::string_view name) const {
  const auto found = users_.find(name);
  return found == users_.end() ? nullptr : &found->second;
}

std::expected<void, Acl::BadRule> Acl::set_user(std::string_view name,
                                                std::span<const std::string_view> rules,
                                                std::span<const Command> table) {
  const AclUser* known = find(name);
  AclUser changed =
      known != nullptr ? *known : AclUser(std::string(name), new_users_hear_everything_);
  for (const std::string_view rule : rules) {
    if (const auto applied = changed.apply(rule, table, new_users_hear_everything_); !applied) {
      return std::unexpected(BadRule{rule, applied.error()});
    }
  }
  users_.insert_or_assign(std::string(name), std::move(changed));
  return {};
}

void Acl::remove(std::string_view name) {
  if (const auto found = users_.find(name); found != users_.end() && name != "default") {
    users_.erase(found);
  }
}

void Acl::require_password(std::string_view password) {
  AclUser& user = users_.find("default")->second;
  if (password.empty()) {
    (void)user.apply("nopass", {}, false);
  } else {
    (void)user.apply("resetpass", {}, false);
    (void)user.apply(">" + std::string(password), {}, false);
  }
}

bool Acl::login_needed() const {
  return !default_user().needs_no_password() || !default_user().on();
}

const AclUser* Acl::log_in(std::string_view name, std::string_view password) const {
  const AclUser* user = find(name);
  return user != nullptr && user->accepts(password) ? user : nullptr;
}

std::string denial_text(AclDenial denial, std::string_view command) {
  switch (denial) {
    case AclDenial::command:
      return "this user has no permissions to run the '" + std::string(command) + "' command";
    case AclDenial::key:
      return "this user has no permissions to access one of the keys used as arguments";
    case AclDenial::channel:
      return "this user has no permissions to access one of the channels used as arguments";
  }
  return {};
}

std::string_view late_denial_text(AclDenial denial) {
  switch (denial) {
    case AclDenial::command: return "no permission to execute the command or subcommand";
    case AclDenial::key: return "no permission to touch the specified keys";
    case AclDenial::channel: return "no permission to access one of the channels used as arguments";
  }
  return {};
}

}  // namespace arbees::sim::redis
