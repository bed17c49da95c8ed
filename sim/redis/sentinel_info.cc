#include <algorithm>
#include <map>
#include <string>

#include "sim/redis/integer.h"
#include "sim/redis/sentinel.h"
#include "sim/redis/sentinel_times.h"

namespace arbees::sim::redis {
namespace {

using InfoValues = std::map<std::string, std::string, std::less<>>;

/// The "key:value" lines of an INFO.
InfoValues lines_of(std::string_view text) {
  InfoValues lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find("\r\n"), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 2, text.size()));
    if (const std::size_t colon = line.find(':'); colon != std::string_view::npos) {
      lines.emplace(line.substr(0, colon), line.substr(colon + 1));
    }
  }
  return lines;
}

std::string_view value(const InfoValues& lines, std::string_view key) {
  const auto found = lines.find(key);
  return found == lines.end() ? std::string_view() : std::string_view(found->second);
}

/// The value of `key` in "ip=a,port=1,state=online".
std::string_view part(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    const std::string_view one = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (one.size() > key.size() && one.starts_with(key) && one[key.size()] == '=') {
      return one.substr(key.size() + 1);
    }
  }
  return {};
}

}  // namespace

void Sentinel::on_info(Watched& who, std::string_view text, SimTime now) {
  const InfoValues lines = lines_of(text);
  const std::string_view role = value(lines, "role");
  if (role.empty()) {
    return;
  }
  who.informed = now;
  who.id = value(lines, "run_id");
  const bool says_master = role == "master";
  if (says_master) {
    for (std::size_t i = 0; lines.contains("slave" + std::to_string(i)); ++i) {
      const std::string_view replica = value(lines, "slave" + std::to_string(i));
      discover_replica({std::string(part(replica, "ip")),
                        static_cast<std::uint16_t>(leading_number(part(replica, "port")))},
                       now);
    }
  } else {
    const Address follows{std::string(value(lines, "master_host")),
                          static_cast<std::uint16_t>(leading_number(value(lines, "master_port")))};
    if (follows != who.follows) {
      who.follows = follows;
      who.follows_since = now;
    }
    who.link_up = value(lines, "master_link_status") == "up";
    who.link_down_for = seconds{
        static_cast<std::int64_t>(leading_number(value(lines, "master_link_down_since_seconds")))};
    who.priority = leading_number(value(lines, "slave_priority"));
    who.offset = leading_number(value(lines, "slave_repl_offset"));
  }
  if (says_master != who.says_master) {
    who.says_master = says_master;
    who.role_since = now;
    const bool as_known = says_master == (who.kind == Watched::Kind::master);
    announce(as_known ? "+role-change" : "-role-change", who,
             "new reported role is " + std::string(role));
  }
  if (who.kind == Watched::Kind::replica) {
    judge_replica_role(who, now);
    watch_leading(who, now);
  }
}

void Sentinel::discover_replica(const Address& address, SimTime now) {
  const bool known =
      address == master_->address || std::ranges::any_of(replicas_, [&](const auto& replica) {
        return replica->address == address;
      });
  if (!known) {
    replicas_.push_back(std::make_unique<Watched>(Watched::Kind::replica, address, now));
    announce("+slave", *replicas_.back());
  }
}

void Sentinel::judge_replica_role(Watched& who, SimTime now) {
  if (who.says_master) {
    if (&who == promoted_ && failover_ == Failover::wait_promotion) {
      config_epoch_ = failover_epoch_;
      announce("+promoted-slave", who);
      enter(Failover::lead_replicas, now);
      each([](Watched& one) { one.hello_sent.reset(); });  // everybody is to know at once
    } else if (&who != promoted_ && master_looks_sane(now) && up_for(who, role_change_wait, now) &&
               now - who.role_since > role_change_wait) {
      follow(who, &master_->address);
      announce("+convert-to-slave", who);
    }
    return;
  }
  const bool elsewhere = who.follows != master_->address;
  if (elsewhere && who.leading == Leading::none && !failing_over() && master_looks_sane(now) &&
      up_for(who, settings_.failover_timeout, now) &&
      now - who.follows_since > settings_.failover_timeout) {
    follow(who, &master_->address);
    announce("+fix-slave-config", who);
  }
}

void Sentinel::watch_leading(Watched& replica, SimTime now) {
  if (replica.says_master || promoted_ == nullptr) {
    return;
  }
  if (replica.leading == Leading::told && replica.follows == promoted_->address) {
    replica.leading = Leading::follows;
    replica.led_at = now;
    announce("+slave-reconf-inprog", replica);
  }
  if (replica.leading == Leading::follows && replica.link_up) {
    replica.leading = Leading::done;
    replica.led_at = now;
    announce("+slave-reconf-done", replica);
  }
}

bool Sentinel::master_looks_sane(SimTime now) const {
  return master_->says_master && !master_->down() && !objectively_down() && !failing_over() &&
         master_->informed && now - *master_->informed < 2 * info_period;
}

bool Sentinel::up_for(const Watched& who, Duration span, SimTime now) {
  return !who.down() && (!who.unanswered || now - *who.unanswered < span) &&
         (!who.tried || now - *who.tried > span || who.connected());
}

}  // namespace arbees::sim::redis
