#include "sim/invariants/durable.h"

#include <utility>

#include "sim/invariants/words.h"

namespace arbees::sim {

Durable::Durable(const Limits& /*limits*/, const FleetState& fleet)
    : Invariant(name, says), fleet_(fleet) {
  listen<&Durable::on_begun>();
  listen<&Durable::on_acknowledged>();
  listen<&Durable::on_loaded>();
  listen<&Durable::on_fault>();
  listen<&Durable::on_healed>();
  listen<&Durable::on_started>();
  listen<&Durable::on_term>();
  listen<&Durable::on_assigned>();
}

void Durable::on_begun(const StoreWriteBegun& event, const SimEnvelope& at) {
  Prints& prints = stores_[std::string(at.node)];
  prints.possible.insert(event.print);
  prints.ever.insert(event.print);
}

void Durable::on_acknowledged(const StoreWriteAcknowledged& event, const SimEnvelope& at) {
  Prints& prints = stores_[std::string(at.node)];
  prints.acknowledged = event.print;
  // It overwrote whatever a failed batch had left behind the last one.
  prints.possible.clear();
}

void Durable::on_loaded(const StoreLoaded& event, const SimEnvelope& at) {
  Prints& prints = stores_[std::string(at.node)];
  if (prints.acknowledged != 0) {
    checked();
    const bool good = event.print == prints.acknowledged || prints.possible.contains(event.print) ||
                      (prints.restored && prints.ever.contains(event.print));
    if (!good) {
      const std::string what = prints.ever.contains(event.print)
                                   ? "an image from before its last acknowledged commit"
                                   : "an image that no commit ever made";
      violated(at.time, at.id,
               "the store of " + std::string(at.node) + " gave " + what + " (term " +
                   std::to_string(event.term.value()) + ", " + std::to_string(event.games) +
                   " games) at " + in_words(at.time));
    }
  }
  // What was begun before and is not in it may still lie in the file, behind what is.
  prints.acknowledged = event.print;
  prints.ever.insert(event.print);
  prints.restored = false;
}

/// Shards have no store: a second process of theirs copies nothing.
bool Durable::copies_a_store(std::string_view fault, std::string_view target) const {
  return fault == "second_process" && fleet_.is_orchestrator(target);
}

void Durable::on_fault(const FaultStarted& event, const SimEnvelope& /*at*/) {
  if (copies_a_store(event.fault, event.target)) {
    copied_.insert(event.target);
    // What was being written, the term perhaps, is in one of the two.
    two_count_on_ = two_count_on_ || !in_office_.contains(event.target) ||
                    !stores_[event.target].possible.empty();
    std::erase_if(stores_, [&](const auto& store) { return store.first != event.target; });
  }
  if (event.fault != "store_restored") {
    return;
  }
  stores_[event.target].restored = true;
  terms_.clear();
  epochs_.clear();
}

void Durable::on_healed(const FaultHealed& event, const SimEnvelope& /*at*/) {
  if (copies_a_store(event.fault, event.target)) {
    copied_.erase(event.target);
    stores_.erase(event.target);  // It goes on with what the second has written.
    if (std::exchange(two_count_on_, false)) {
      terms_.clear();
      epochs_.clear();
    }
  }
}

void Durable::on_started(const NodeStarted& event, const SimEnvelope& /*at*/) {
  two_count_on_ = two_count_on_ || copied_.contains(event.node.str());
  in_office_.erase(event.node.str());
}

void Durable::on_term(const TermTaken& event, const SimEnvelope& at) {
  in_office_.insert(std::string(at.node));
  if (two_count_on_) {
    return;
  }
  const auto [taken, is_new] = terms_.try_emplace(event.term, event.instance);
  if (terms_.size() > 1 || !is_new) {
    checked();
  }
  if (!is_new) {
    violated(at.time, at.id,
             "term " + std::to_string(event.term.value()) + " was taken by " +
                 event.instance.str() + " at " + in_words(at.time) + ", and by " +
                 taken->second.str() + " before");
  }
}

void Durable::on_assigned(const GameAssigned& event, const SimEnvelope& at) {
  if (two_count_on_) {
    return;
  }
  const Owner owner{.game = event.game, .shard = event.shard, .boot = event.boot};
  const auto [given, is_new] = epochs_.try_emplace(event.epoch, owner);
  checked();
  if (!is_new && given->second != owner) {
    violated(at.time, at.id,
             "epoch " + std::to_string(event.epoch.value()) + " was given to " +
                 in_words(owner.shard, owner.boot) + " for " + owner.game.str() + " at " +
                 in_words(at.time) + ", and to " +
                 in_words(given->second.shard, given->second.boot) + " for " +
                 given->second.game.str() + " before");
  }
}

}  // namespace arbees::sim
