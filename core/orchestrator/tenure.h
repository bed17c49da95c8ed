#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/orchestrator/settings.h"
#include "core/orchestrator/voice.h"
#include "core/ports/ports.h"
#include "core/wire/heartbeat.h"

namespace arbees {

/// The term of this process: taken from the store before anything is said, defended while shards
/// follow it, given up when they follow another (ownership.md 4.4 to 4.6).
class Tenure {
 public:
  /// What the orchestrator does at the turns of a term; each is a step of its own.
  struct Callbacks {
    /// The first term of this process is committed: what the store remembers, epochs reserved.
    std::function<void(const StoreImage& image, Epoch reserved_to, EventId cause)> begin;
    /// What is written with a term that comes after so many lost ones, of which `heard` is an epoch; it reserves epochs.
    std::function<StoreBatch(std::uint64_t lost_terms, Epoch heard)> lose_terms;
    /// The store had lost terms; a higher one is committed, and that with it: whoever beats next is adopted at once.
    std::function<void(Epoch reserved_to, EventId cause)> begin_anew;
    /// The end of a step in which neither happened.
    std::function<void()> step_done;
  };

  Tenure(Ports& ports, const OrchestratorSettings& settings, const InstanceId& instance,
         Voice& voice, Callbacks callbacks)
      : ports_(ports),
        settings_(settings),
        instance_(instance),
        voice_(voice),
        callbacks_(std::move(callbacks)) {}

  void start(EventId cause);
  /// Tries again what the store refused, when it is time.
  void advance(MonoTime now);
  [[nodiscard]] std::optional<MonoTime> deadline() const;

  /// Whether the beat leaves us in office. One that shows a higher term tells either of a successor,
  /// then we end, or of commits our store has lost, then we take a higher term still.
  [[nodiscard]] bool survives(const wire::Heartbeat& beat, EventId heard);
  /// Another process holds the store.
  void lost_to(Term other, const std::string& why, EventId cause);

 private:
  void load();
  /// A shard follows another orchestrator, which stays.
  void give_way(const wire::Heartbeat& beat, EventId heard);
  void step_down(Term other, const std::string& why, EventId cause);
  void take_office(StoreImage image);
  void begin(Term term, const StoreImage& image, Epoch reserved_to);
  void store_failed(std::string doing, const StoreError& error);
  void raise_term(const wire::Heartbeat& beat, EventId heard);

  Ports& ports_;
  const OrchestratorSettings& settings_;
  const InstanceId& instance_;
  Voice& voice_;
  Callbacks callbacks_;
  EventId started_;
  std::optional<MonoTime> retry_at_;
  std::optional<MonoTime> ends_at_;  ///< it gave way, whether or not the store takes that
  bool established_ = false;         ///< a shard follows this process
};

}  // namespace arbees
