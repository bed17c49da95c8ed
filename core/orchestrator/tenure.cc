#include "core/orchestrator/tenure.h"

#include <algorithm>
#include <utility>

#include "core/assignment/ledger.h"
#include "core/base/assert.h"
#include "core/orchestrator/events.h"

namespace arbees {
namespace {

constexpr Duration store_retry = seconds{5};

}  // namespace

void Tenure::start(EventId cause) {
  started_ = cause;
  load();
}

void Tenure::advance(MonoTime now) {
  if (retry_at_ && *retry_at_ <= now) {
    load();
  }
  if (ends_at_ && *ends_at_ <= now) {
    ends_at_.reset();
    ports_.process.exit(ExitCode::superseded, "the store does not answer");
  }
}

std::optional<MonoTime> Tenure::deadline() const { return retry_at_ ? retry_at_ : ends_at_; }

void Tenure::load() {
  retry_at_.reset();
  ports_.store.load([this](auto image) {
    if (image) {
      take_office(std::move(*image));
    } else {
      store_failed("loading", image.error());
    }
    callbacks_.step_done();
  });
}

void Tenure::take_office(StoreImage image) {
  const Term term = image.term.next();
  const Epoch reserved_to(image.epochs_reserved.value() + Ledger::epoch_block);
  StoreBatch batch;
  batch.expected_term = image.term;
  batch.new_term = term;
  batch.new_instance = instance_;
  batch.reserve_epochs_to = reserved_to;
  ports_.store.commit(std::move(batch),
                      [this, term, reserved_to, image = std::move(image)](auto committed) {
                        if (committed) {
                          begin(term, image, reserved_to);
                        } else {
                          store_failed("taking office", committed.error());
                        }
                        callbacks_.step_done();
                      });
}

void Tenure::begin(Term term, const StoreImage& image, Epoch reserved_to) {
  voice_.speak_for({term, instance_});
  const EventId taken = ports_.events.record(
      TermTaken{instance_, term, image.shards.size(), image.games.size()}, started_);
  voice_.alarms().restore(image, taken);
  voice_.resolve("STORE_DOWN", "store", taken);
  callbacks_.begin(image, reserved_to, taken);
}

void Tenure::store_failed(std::string doing, const StoreError& error) {
  const EventId failed =
      ports_.events.record(StoreFailed{std::move(doing), error.detail}, started_);
  voice_.raise("STORE_DOWN", "store",
               "the store does not answer (" + error.detail + "); trying again", failed);
  retry_at_ = ports_.clock.now() + store_retry;
}

bool Tenure::survives(const wire::Heartbeat& beat, EventId heard) {
  const Term mine = voice_.office().term;
  ensure(!mine.none(), "only a term that is held can be lost");
  if (beat.seen_term == mine && beat.seen_instance == instance_) {
    established_ = true;
    return true;
  }
  // Two stores, the same term (C8): whoever the shards follow already stays.
  const bool other_of_same_term = beat.seen_term == mine && !beat.seen_instance.empty();
  if (beat.seen_term < mine || (beat.seen_term == mine && !other_of_same_term) ||
      !is_believed(beat.seen_term, mine)) {
    return true;
  }
  if (established_) {
    give_way(beat, heard);
  } else {
    raise_term(beat, heard);
  }
  return false;
}

void Tenure::raise_term(const wire::Heartbeat& beat, EventId heard) {
  const Term mine = voice_.office().term;
  const Term next = std::max(beat.seen_term, mine).next();
  const Epoch newest = beat.newest_epoch();
  const EventId rolled =
      ports_.events.record(StoreRolledBack{beat.shard, beat.seen_term, newest, next}, heard);
  voice_.notice("STORE_ROLLBACK", "store",
                "shards have seen term " + std::to_string(beat.seen_term.value()) +
                    ", the store only term " + std::to_string(mine.value()) +
                    ": it lost commits or was not durable",
                rolled);
  // Out of office until the new term is durable: nothing may be said in either term meanwhile.
  voice_.speak_for({});
  StoreBatch batch = callbacks_.lose_terms(next.value() - mine.value(), newest);
  ensure(batch.reserve_epochs_to.has_value(), "a term has epochs of its own");
  const Epoch reserved_to = *batch.reserve_epochs_to;
  batch.expected_term = mine;
  batch.new_term = next;
  ports_.store.commit(std::move(batch), [this, next, reserved_to, rolled](auto committed) {
    if (committed) {
      voice_.speak_for({next, instance_});
      callbacks_.begin_anew(reserved_to, rolled);
    } else {
      lost_to(Term{}, committed.error().detail, rolled);
    }
    callbacks_.step_done();
  });
}

/// Unless the other one shares our store, which refuses this then, it has decided what ours knows nothing of, and who takes office with ours
/// next has to know that.
void Tenure::give_way(const wire::Heartbeat& beat, EventId heard) {
  const Term mine = voice_.office().term;
  const std::string why = "shard " + beat.shard.str() + " follows " + beat.seen_instance.str();
  step_down(beat.seen_term, why, heard);
  StoreBatch batch = callbacks_.lose_terms(1, beat.newest_epoch());
  batch.expected_term = mine;
  ends_at_ = ports_.clock.now() + settings_.store_patience;
  ports_.store.commit(std::move(batch), [this, why](const auto& /*committed*/) {
    ports_.process.exit(ExitCode::superseded, why);
  });
}

void Tenure::lost_to(Term other, const std::string& why, EventId cause) {
  step_down(other, why, cause);
  ports_.process.exit(ExitCode::superseded, why);
}

void Tenure::step_down(Term other, const std::string& why, EventId cause) {
  const EventId stepped =
      ports_.events.record(SteppedDown{voice_.office().term, other, why}, cause);
  voice_.raise("LEADER_LOST", instance_.str(), "another orchestrator took office: " + why, stepped);
  // The process ends soon; what is left of it, say the rest of a backlog, finds nobody in office.
  voice_.speak_for({});
}

}  // namespace arbees
