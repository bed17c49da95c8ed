#include "core/redis/bus.h"

#include <algorithm>
#include <utility>

#include "core/base/assert.h"
#include "core/redis/link.h"
#include "core/redis/master_watch.h"
#include "core/redis/outbox.h"

namespace arbees::redis {
namespace {

// A timer that comes so late was not late by the host's scheduling: the process slept.
constexpr Duration own_stall = seconds{1};
// After that, bytes that came meanwhile are read before any deadline is judged by their absence.
constexpr Duration catch_up = milliseconds{100};

}  // namespace

/// Joins the links, the outbox and the one timer. A step of the bus is a call of the timer or of the
/// transport; each ends in `settle`. Whatever a call to the bus gives rise to waits for the next step.
class Bus::Impl final : LinkObserver, MasterObserver {
 public:
  Impl(Ports& ports, BusSettings settings, std::vector<Subscription> subscriptions,
       BusHandler& handler)
      : ports_(ports),
        settings_(std::move(settings)),
        handler_(handler),
        outbox_(settings_.outbox_messages, settings_.outbox_bytes),
        subscriber_(ports, settings_, LinkRole::subscriber, std::move(subscriptions), *this),
        publisher_(ports, settings_, LinkRole::publisher, {}, *this),
        masters_(settings_.sentinel.in_use()
                     ? std::make_unique<MasterWatch>(ports, settings_,
                                                     static_cast<MasterObserver&>(*this))
                     : nullptr),
        timer_(ports.clock.make_timer([this] { on_timer(); })) {}

  void start(EventId cause) {
    subscriber_.start(cause);
    publisher_.start(cause);
    resolve();
    rearm(ports_.clock.now());
  }

  void publish(Publication publication, EventId cause) {
    const MonoTime now = ports_.clock.now();
    if (finished_) {
      drop(publication, "finished", {}, cause);
    } else if (may_send() && (outbox_.empty() || publication.max_age <= Duration{0})) {
      // What cannot wait overtakes what can: a roll call must not be lost to news for people.
      send(std::move(publication), cause, now);
    } else if (publication.max_age <= Duration{0}) {
      drop(publication, "expired", {}, cause);
    } else {
      for (const Outbox::Entry& gone : outbox_.push(std::move(publication), cause, now)) {
        drop(gone.publication, "outbox_full", {}, gone.cause);
      }
    }
    rearm(now);
  }

  [[nodiscard]] bool ready(LinkRole role) const { return link(role).ready(); }
  [[nodiscard]] std::optional<MonoTime> judged_at(LinkRole role) const {
    return link(role).judged_at();
  }

  void reconnect(std::string_view why, EventId cause) {
    reconnect_ = Reconnect{std::string{why}, cause};
    rearm(ports_.clock.now());
  }

  void finish(Duration patience, std::function<void()> done) {
    const MonoTime now = ports_.clock.now();
    finish_ = Finish{now + patience, std::move(done)};
    rearm(now);
  }

 private:
  [[nodiscard]] const Link& link(LinkRole role) const {
    return role == LinkRole::subscriber ? subscriber_ : publisher_;
  }

  struct Reconnect {
    std::string why;
    EventId cause;
  };
  struct Finish {
    MonoTime deadline;
    std::function<void()> done;
  };
  struct Drop {
    PublicationsDropped event;
    EventId cause;
  };

  // Steps.
  void on_timer();
  void on_ready(LinkRole role, EventId cause) override { handler_.on_link_ready(role, cause); }
  void on_lost(LinkRole role, EventId cause, std::vector<Published> unanswered) override;
  void on_message(std::string_view channel, std::string_view payload) override {
    messages_read_ = true;
    handler_.on_message(channel, payload);
  }
  void on_answer(const Published& published, std::uint64_t receivers) override;
  void on_refusal(const Published& published, std::string_view error) override;
  void on_wrong_master(std::size_t sentinel) override { masters_->distrust(sentinel); }
  void on_master(const MasterAnswer& answer, EventId cause) override;
  void on_no_master(const SessionEnd& end) override;
  void on_master_switched(const Endpoint& to, EventId cause) override;
  void on_step_end() override;

  void settle(MonoTime now);
  void resolve();
  void send(Publication publication, EventId cause, MonoTime now);
  /// Not on a link that is about to be left: that would be lost.
  [[nodiscard]] bool may_send() const { return publisher_.has_room() && !reconnect_.has_value(); }
  void pump(MonoTime now);
  void drop(const Publication& publication, std::string_view why, std::string_view detail,
            EventId cause);
  void report_drops();
  void deliver_results();
  void conclude(PublicationId id, PublicationResult::Kind kind);
  [[nodiscard]] bool finish_due(MonoTime now) const;
  void end(MonoTime now);
  [[nodiscard]] std::optional<MonoTime> deadline(MonoTime now) const;
  void rearm(MonoTime now);

  Ports& ports_;
  const BusSettings settings_;
  BusHandler& handler_;
  Outbox outbox_;
  std::vector<PublicationResult> results_;  // to be told in the next step
  std::vector<Drop> drops_;                 // likewise, one for each reason
  std::optional<Reconnect> reconnect_;
  std::optional<Finish> finish_;
  bool finished_ = false;
  bool messages_read_ = false;  // in this step
  Link subscriber_;
  Link publisher_;
  std::unique_ptr<MasterWatch> masters_;  // null where no sentinel is asked
  std::optional<MonoTime> armed_;  // the timer fires then, perhaps earlier than anything is due
  bool caught_up_ = false;
  std::unique_ptr<Timer> timer_;
};

void Bus::Impl::on_timer() {
  const MonoTime now = ports_.clock.now();
  const MonoTime due = armed_.value_or(now);
  armed_.reset();
  if (now - due > own_stall && !caught_up_) {
    caught_up_ = true;
    armed_ = now + catch_up;
    timer_->arm(*armed_);
    return;
  }
  caught_up_ = false;
  if (const std::optional<Reconnect> asked = std::exchange(reconnect_, std::nullopt)) {
    subscriber_.reconnect(asked->why, asked->cause);
    publisher_.reconnect(asked->why, asked->cause);
  }
  subscriber_.advance(now);
  publisher_.advance(now);
  if (masters_ != nullptr) {
    masters_->advance(now);
  }
  if (finish_due(now)) {
    end(now);  // may end the program: nothing may follow
    return;
  }
  settle(now);
}

void Bus::Impl::on_lost(LinkRole role, EventId cause, std::vector<Published> unanswered) {
  for (const Published& published : unanswered) {
    conclude(published.id, PublicationResult::Kind::unknown);
  }
  handler_.on_link_lost(role, cause);
}

void Bus::Impl::on_master(const MasterAnswer& answer, EventId cause) {
  subscriber_.master_is(answer, cause);
  publisher_.master_is(answer, cause);
}

void Bus::Impl::on_no_master(const SessionEnd& end) {
  subscriber_.no_master(end);
  publisher_.no_master(end);
}

void Bus::Impl::on_master_switched(const Endpoint& to, EventId cause) {
  subscriber_.master_switched(to, cause);
  publisher_.master_switched(to, cause);
}

// From state, at the end of each step: a link that still waits after an answer was asked too late for it.
void Bus::Impl::resolve() {
  if (masters_ != nullptr && (subscriber_.resolving() || publisher_.resolving())) {
    masters_->ask();
  }
}

void Bus::Impl::on_answer(const Published& published, std::uint64_t receivers) {
  if (!published.id.none()) {
    results_.push_back({published.id, PublicationResult::Kind::sent, receivers});
  }
}

void Bus::Impl::on_refusal(const Published& published, std::string_view error) {
  drop({published.channel, {}, {}, published.id}, "refused", error, published.cause);
}

void Bus::Impl::on_step_end() {
  if (std::exchange(messages_read_, false)) {
    handler_.on_messages_end();
  }
  settle(ports_.clock.now());
}

void Bus::Impl::settle(MonoTime now) {
  for (const Outbox::Entry& gone : outbox_.take_expired(now)) {
    drop(gone.publication, "expired", {}, gone.cause);
  }
  resolve();
  pump(now);
  report_drops();
  deliver_results();
  rearm(now);
}

void Bus::Impl::send(Publication publication, EventId cause, MonoTime now) {
  publisher_.publish({publication.id, std::move(publication.channel), cause}, publication.payload,
                     now);
}

void Bus::Impl::pump(MonoTime now) {
  while (!outbox_.empty() && may_send()) {
    Outbox::Entry entry = outbox_.pop();
    send(std::move(entry.publication), entry.cause, now);
  }
}

void Bus::Impl::drop(const Publication& publication, std::string_view why, std::string_view detail,
                     EventId cause) {
  conclude(publication.id, PublicationResult::Kind::dropped);
  const auto same = std::ranges::find_if(drops_, [&](const Drop& known) {
    return known.event.why == why && known.event.detail == detail;
  });
  if (same != drops_.end()) {
    ++same->event.dropped;
    return;
  }
  drops_.push_back({{1, std::string{why}, publication.channel, std::string{detail}, 0, 0}, cause});
}

void Bus::Impl::conclude(PublicationId id, PublicationResult::Kind kind) {
  if (!id.none()) {
    results_.push_back({id, kind, 0});
  }
}

void Bus::Impl::report_drops() {
  for (Drop& batch : std::exchange(drops_, {})) {
    batch.event.waiting = outbox_.messages();
    batch.event.waiting_bytes = outbox_.bytes();
    ports_.events.record(batch.event, batch.cause);
  }
}

// Only what was there at the beginning: a handler that publishes again what was dropped is heard in
// the next step, or there would be no end.
void Bus::Impl::deliver_results() {
  if (results_.empty()) {
    return;
  }
  for (const PublicationResult& result : std::exchange(results_, {})) {
    handler_.on_published(result);
  }
  handler_.on_published_end();
}

bool Bus::Impl::finish_due(MonoTime now) const {
  return finish_.has_value() && ((outbox_.empty() && publisher_.idle()) || publisher_.given_up() ||
                                 now >= finish_->deadline);
}

void Bus::Impl::end(MonoTime now) {
  finished_ = true;
  for (const Outbox::Entry& gone : outbox_.take_all()) {
    drop(gone.publication, "finished", {}, gone.cause);
  }
  if (masters_ != nullptr) {
    masters_->stop();
  }
  static_cast<void>(subscriber_.stop());
  for (const Published& published : publisher_.stop()) {
    conclude(published.id, PublicationResult::Kind::unknown);
  }
  const std::function<void()> done = std::exchange(finish_, std::nullopt)->done;
  settle(now);
  done();
}

std::optional<MonoTime> Bus::Impl::deadline(MonoTime now) const {
  if (!results_.empty() || !drops_.empty() || reconnect_.has_value() || finish_due(now)) {
    return now;
  }
  std::optional<MonoTime> first;
  const auto consider = [&first](std::optional<MonoTime> candidate) {
    if (candidate.has_value() && (!first.has_value() || *candidate < *first)) {
      first = candidate;
    }
  };
  consider(subscriber_.deadline());
  consider(publisher_.deadline());
  consider(masters_ != nullptr ? masters_->deadline() : std::nullopt);
  consider(outbox_.deadline());
  consider(finish_.has_value() ? std::optional{finish_->deadline} : std::nullopt);
  return first;
}

// A timer armed too early stays: it fires, nothing is due, and it is armed anew. So a byte read, which
// moves the deadline of silence on, costs no call to the clock's queue.
void Bus::Impl::rearm(MonoTime now) {
  const std::optional<MonoTime> due = deadline(now);
  if (!due.has_value() || (armed_.has_value() && *armed_ <= *due)) {
    return;
  }
  armed_ = std::max(*due, now);
  timer_->arm(*armed_);
}

Bus::Bus(Ports& ports, BusSettings settings, std::vector<Subscription> subscriptions,
         BusHandler& handler)
    : impl_(std::make_unique<Impl>(ports, std::move(settings), std::move(subscriptions), handler)) {
}
Bus::~Bus() = default;

void Bus::start(EventId cause) { impl_->start(cause); }
void Bus::publish(Publication publication, EventId cause) {
  impl_->publish(std::move(publication), cause);
}
bool Bus::ready(LinkRole role) const { return impl_->ready(role); }
std::optional<MonoTime> Bus::judged_at(LinkRole role) const { return impl_->judged_at(role); }
void Bus::reconnect(std::string_view why, EventId cause) { impl_->reconnect(why, cause); }
void Bus::finish(Duration patience, std::function<void()> done) {
  impl_->finish(patience, std::move(done));
}

}  // namespace arbees::redis
