#pragma once

#include <string>

#include "core/events/event.h"

namespace arbees::sim {

/// A fault of a disk reached a program: an operation failed or took long. Once for each fault and each
/// load or commit. Its cause is the FaultStarted.
struct StoreFaultFelt {
  static constexpr std::string_view name = "store_fault_felt";
  static constexpr Severity severity = Severity::debug;
  std::string fault;  ///< kind, as scenario files name it
  NodeName node;
  std::string operation;  ///< open, read, write, sync, lock

  void visit(FieldVisitor& v) const {
    v("fault", fault), v("node", node), v("operation", operation);
  }
};

/// The power of a machine failed: what it had written and not synced was lost, in whole or in part.
struct UnsyncedWritesLost {
  static constexpr std::string_view name = "unsynced_writes_lost";
  static constexpr Severity severity = Severity::info;
  NodeName node;
  std::uint64_t writes;   ///< that were not synced
  std::uint64_t sectors;  ///< of them
  std::uint64_t lost;     ///< of these sectors

  void visit(FieldVisitor& v) const {
    v("node", node), v("writes", writes), v("sectors", sectors), v("lost", lost);
  }
};

/// A store begins to write a batch. Until it is acknowledged, it may survive the end of the program or
/// not. `print` names the image with it (image_print.h).
struct StoreWriteBegun {
  static constexpr std::string_view name = "store_write_begun";
  static constexpr Severity severity = Severity::debug;
  std::uint64_t print;

  void visit(FieldVisitor& v) const { v("print", print); }
};

/// A store acknowledged a batch: from now on it survives everything but a file put in its place.
struct StoreWriteAcknowledged {
  static constexpr std::string_view name = "store_write_acknowledged";
  static constexpr Severity severity = Severity::debug;
  std::uint64_t print;
  Duration took;

  void visit(FieldVisitor& v) const { v("print", print), v("took", took); }
};

/// A store gave its program what it holds.
struct StoreLoaded {
  static constexpr std::string_view name = "store_loaded";
  static constexpr Severity severity = Severity::info;
  Term term;
  Epoch epochs_reserved;
  std::uint64_t games;
  std::uint64_t print;

  void visit(FieldVisitor& v) const {
    v("term", term), v("epochs_reserved", epochs_reserved), v("games", games), v("print", print);
  }
};

}  // namespace arbees::sim
