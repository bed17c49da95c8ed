#include "core/orchestrator/operators.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/base/assert.h"
#include "core/orchestrator/events.h"

namespace arbees {
namespace {

constexpr Duration drain_deadline = seconds{600};
/// What is left of a drain is written down so often: a restart makes it longer by so much at most.
constexpr Duration drain_note = seconds{60};
constexpr const char* drain_stuck = "DRAIN_STUCK";
constexpr const char* paused_too_long = "PAUSED_TOO_LONG";

bool names_shard(Verb verb) {
  return verb != Verb::pause && verb != Verb::resume && verb != Verb::release_hold &&
         verb != Verb::move;
}

std::string words(const ShardMarks& marks) {
  std::string text;
  const auto add = [&](bool holds, std::string_view word) {
    if (holds) {
      text += (text.empty() ? "" : ",") + std::string(word);
    }
  };
  add(marks.cordoned, "cordoned");
  add(marks.draining, "draining");
  add(marks.maintenance, "maintenance");
  return text.empty() ? "none" : text;
}

}  // namespace

void Operators::begin(const StoreImage& image, EventId cause) {
  const MonoTime now = desk_.ports.clock.now();
  for (const auto& [id, row] : image.shards) {
    if (row.marks.draining) {
      drains_.insert_or_assign(id, Drain{now + row.marks.drain_left, now, cause});
    }
  }
  if (image.paused) {
    desk_.watch.pause("paused by " + image.paused->who + ": " + image.paused->why, cause);
  }
}

Operators::Outcome Operators::obey(const OperatorOrder& order) {
  if (desk_.voice.office().term.none()) {
    return std::unexpected("this orchestrator has no term yet; try again when it has one");
  }
  if (order.who.empty() || order.why.empty()) {
    return std::unexpected("say who asks for it, and why: the audit keeps both");
  }
  const std::string subject = order.verb == Verb::move ? order.game.str() : order.shard.str();
  const EventId asked = desk_.ports.events.record(
      OperatorAsked{std::string(to_string(order.verb)), subject, order.who, order.why}, EventId{});
  Outcome done = carry_out(order, asked);
  if (!done) {
    desk_.ports.events.record(
        OperatorRefused{std::string(to_string(order.verb)), subject, done.error()}, asked);
  }
  return done;
}

Operators::Outcome Operators::carry_out(const OperatorOrder& order, EventId cause) {
  if (names_shard(order.verb)) {
    Shard* shard = desk_.fleet.find(order.shard);
    if (shard == nullptr) {
      return std::unexpected("there is no shard \"" + order.shard.str() + "\"");
    }
    return order.verb == Verb::resync ? resync(*shard, order, cause) : mark(*shard, order, cause);
  }
  const bool was_paused = desk_.watch.paused_since().has_value();
  switch (order.verb) {
    case Verb::pause:
      audit(order, was_paused ? "paused" : "running", cause);
      desk_.watch.pause("paused by " + order.who + ": " + order.why, cause);
      desk_.ownership.books().set_pause(Pause{order.who, order.why});
      return {};
    case Verb::resume:
      if (!was_paused) {
        return std::unexpected("nobody has paused it");
      }
      audit(order, "paused", cause);
      desk_.watch.resume(cause);
      desk_.voice.resolve(paused_too_long, fleet_subject, cause);
      desk_.ownership.books().set_pause(std::nullopt);
      desk_.ownership.want_plan(cause);
      return {};
    case Verb::release_hold:
      if (!deaths_.release_hold()) {
        return std::unexpected("no deaths are held back");
      }
      audit(order, "holding", cause);
      return {};
    case Verb::move: return move(order, cause);
    default: break;
  }
  ensure(false, "every verb is carried out");
  return {};
}

Operators::Outcome Operators::mark(Shard& shard, const OperatorOrder& order, EventId cause) {
  const std::string before = words(shard.marks);
  const MonoTime now = desk_.ports.clock.now();
  switch (order.verb) {
    case Verb::cordon: shard.marks.cordoned = true; break;
    case Verb::drain: {
      const Duration allowed = order.deadline.value_or(drain_deadline);
      shard.marks.draining = true;
      shard.marks.drain_left = allowed;
      drains_.insert_or_assign(shard.id, Drain{now + allowed, now, cause});
      break;
    }
    case Verb::uncordon:
      shard.marks.cordoned = shard.marks.draining = false;
      shard.marks.drain_left = Duration{};
      drains_.erase(shard.id);
      desk_.voice.resolve(drain_stuck, shard.id.str(), cause);
      break;
    case Verb::maintenance: shard.marks.maintenance = true; break;
    case Verb::end_maintenance: shard.marks.maintenance = false; break;
    default: ensure(false, "only marks are made here");
  }
  audit(order, before, cause);
  desk_.ports.events.record(
      ShardMarked{shard.id, before, words(shard.marks), shard.marks.drain_left}, cause);
  desk_.ownership.remember(shard.id);
  desk_.ownership.want_plan(cause);
  return {};
}

Operators::Outcome Operators::resync(Shard& shard, const OperatorOrder& order, EventId cause) {
  if (!shard.alive() || shard.left) {
    return std::unexpected("\"" + shard.id.str() + "\" is not alive");
  }
  audit(order, "", cause);
  desk_.ownership.resyncs().begin_now(shard, cause, desk_.ports.clock.now());
  return {};
}

Operators::Outcome Operators::move(const OperatorOrder& order, EventId cause) {
  GameState* state = desk_.ownership.ledger().find(order.game);
  if (state == nullptr || !state->row || !state->wanted) {
    return std::unexpected("\"" + order.game.str() + "\" is no live game with an owner");
  }
  if (!order.shard.empty()) {
    const Shard* target = desk_.fleet.find(order.shard);
    if (target == nullptr) {
      return std::unexpected("there is no shard \"" + order.shard.str() + "\"");
    }
    if (const std::string_view why = target->excluded(); !why.empty()) {
      return std::unexpected("\"" + order.shard.str() + "\" gets no games: " + std::string(why));
    }
    if (order.shard == state->row->owner) {
      return std::unexpected("\"" + order.shard.str() + "\" has it already");
    }
  }
  audit(order, state->row->owner.str(), cause);
  desk_.ownership.order_move(*state, {order.shard, cause});
  return {};
}

void Operators::audit(const OperatorOrder& order, const std::string& before, EventId cause) {
  AuditRow row;
  row.at = desk_.ports.clock.wall_now();
  row.who = order.who;
  row.what = to_string(order.verb);
  row.subject = order.verb == Verb::move ? order.game.str() : order.shard.str();
  row.why = order.why;
  row.before = before;
  row.after = order.verb == Verb::move ? order.shard.str() : std::string(to_string(order.verb));
  row.cause = cause;
  desk_.ownership.books().audit(std::move(row));
}

// --- what was asked for and is not done yet ---------------------------------------------------

void Operators::advance(MonoTime now) {
  std::vector<ShardId> ended;
  for (auto& [id, drain] : drains_) {
    const Shard* shard = desk_.fleet.find(id);
    if (shard == nullptr || !shard->marks.draining) {
      ended.push_back(id);
    } else {
      check_drain(id, drain, now);
    }
  }
  for (const ShardId& id : ended) {
    drains_.erase(id);
  }
  check_pause(now);
}

void Operators::check_drain(const ShardId& id, Drain& drain, MonoTime now) {
  Shard& shard = *desk_.fleet.find(id);
  const std::size_t left = desk_.ownership.ledger().owned_by(id).size();
  if (left == 0 && !drain.done) {
    drain.done = true;
    const EventId drained = desk_.ports.events.record(ShardDrained{id}, drain.cause);
    desk_.voice.resolve(drain_stuck, id.str(), drained);
  } else if (left > 0) {
    drain.done = false;
    if (drain.late_at <= now && !drain.stuck) {
      drain.stuck = true;
      desk_.voice.raise(drain_stuck, id.str(),
                        id.str() + " still has " + std::to_string(left) +
                            " games that nobody else can take; it keeps them",
                        drain.cause);
    }
  }
  if (drain.noted_at + drain_note <= now && !drain.stuck) {
    drain.noted_at = now;
    shard.marks.drain_left = std::max(drain.late_at - now, Duration{});
    desk_.ownership.remember(shard.id);
  }
}

void Operators::check_pause(MonoTime now) {
  const auto since = desk_.watch.paused_since();
  if (since && *since + desk_.settings.paused_alert <= now) {
    desk_.voice.raise(paused_too_long, fleet_subject,
                      "an operator's pause was not ended: no game is placed or moved", EventId{});
  }
}

std::optional<MonoTime> Operators::deadline() const {
  const MonoTime now = desk_.ports.clock.now();
  std::optional<MonoTime> first;
  const auto consider = [&](MonoTime due) {
    if (due > now && (!first || due < *first)) {
      first = due;
    }
  };
  for (const auto& [id, drain] : drains_) {
    if (!drain.stuck) {
      consider(drain.late_at);
      consider(drain.noted_at + drain_note);
    }
  }
  if (const auto since = desk_.watch.paused_since()) {
    consider(*since + desk_.settings.paused_alert);
  }
  return first;
}

}  // namespace arbees
