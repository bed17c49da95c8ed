#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/ids.h"
#include "sim/disk/disk_trouble.h"
#include "sim/engine/node_index.h"
#include "sim/engine/time.h"

namespace arbees::sim {

class Recorder;

/// The files of one node, and what is left of them when its program or its power ends.
///
/// A program does its operations in one step, but they take time: each is stamped with its moment, from
/// `begin` on. What is stamped later than the present has not happened yet, and never will if the program
/// is killed before. A write is stamped with its beginning: from then on the kernel has it, and the
/// program's end does not matter. A sync is stamped with its end: what was written before it is safe then.
///
///   power lost ──> what was synced, and of every later write each sector or not (drawn)
///   program killed ──> all that was written so far
class Disk {
 public:
  enum class Result : std::uint8_t { ok, failed, full };
  /// What a disk writes as a whole.
  static constexpr std::size_t sector = 512;

  Disk(NodeIndex node, Streams& streams, Recorder& recorder, const SimTime& now);
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

  // --- time -----------------------------------------------------------------------------------

  /// A series of operations begins.
  void begin();
  /// How long after the present the last operation ends.
  [[nodiscard]] Duration busy() const;
  /// All operations so far are over, whatever their stamps.
  void settle();
  /// Called with the stamp of each write and sync: for tests that cut the power at each of them.
  void watch(std::function<void(SimTime)> watcher) { watcher_ = std::move(watcher); }

  // --- operations -----------------------------------------------------------------------------

  [[nodiscard]] bool exists(const std::string& file) const;
  [[nodiscard]] std::size_t size(const std::string& file) const;
  /// Makes an empty file, if there is none.
  [[nodiscard]] Result create(const std::string& file);
  /// Fills what lies behind the end with zeros; `got` says how many bytes the file had.
  [[nodiscard]] Result read(const std::string& file, std::size_t offset, std::span<char> into,
                            std::size_t& got);
  [[nodiscard]] Result write(const std::string& file, std::size_t offset, std::string_view bytes);
  [[nodiscard]] Result truncate(const std::string& file, std::size_t size);
  /// What was written to the file is safe, and its entry in the folder; with `folder` also every file that
  /// was made or removed before.
  [[nodiscard]] Result sync(const std::string& file, bool folder);
  [[nodiscard]] Result remove(const std::string& file, bool folder);
  /// One holder at a time; false: somebody else has it.
  [[nodiscard]] bool lock(const std::string& file, const void* holder);
  void unlock(const std::string& file, const void* holder);

  // --- what happens to it ---------------------------------------------------------------------

  /// The program is gone. What it still held open reaches nothing any more.
  void program_ended();
  /// Grows with every end of a program: names who may use what it opened.
  [[nodiscard]] std::uint64_t programs() const { return programs_; }
  /// After the end of the program: what was not synced is lost, in whole, in part or not at all.
  void lose_power(EventId cause);
  /// The files as they are, as a snapshot of the volume has them.
  using Copy = std::map<std::string, std::string>;
  [[nodiscard]] Copy copy() const;
  /// After the end of the program: the files of a copy take the place of all there are.
  void replace(const Copy& copy);
  /// Nothing was ever written to it.
  [[nodiscard]] bool unused() const { return files_.empty(); }

  void trouble(EventId fault, const DiskTrouble& trouble) { troubles_.emplace(fault, trouble); }
  void heal(EventId fault) { troubles_.erase(fault); }

 private:
  struct State {
    bool exists = false;
    std::string bytes;
  };
  struct Change {
    enum class Kind : std::uint8_t { create, remove, truncate, write, sync, sync_folder };
    Kind kind;
    SimTime at;
    std::size_t offset = 0;  ///< of a write; of a truncation the new size
    std::string bytes = {};
  };
  struct File {
    State seen;     ///< by programs
    State durable;  ///< after the last sync that is over
    std::vector<Change> unsynced;
    const void* locked_by = nullptr;
  };
  enum class Operation : std::uint8_t { open, read, write, sync, remove };

  static void apply(State& state, const Change& change);
  static void make_durable(File& file, SimTime until);
  static void make_entry_durable(File& file, SimTime until);
  /// The end of the program: what it has not done yet does not happen.
  static void forget_after(File& file, SimTime now);
  struct Loss {
    std::uint64_t writes = 0;
    std::uint64_t sectors = 0;
    std::uint64_t lost = 0;
  };
  static void tear(File& file, Stream& draws, Loss& loss);

  void change(File& file, Change change);
  void sync_folder();
  /// Lets time pass for an operation; false: a trouble makes it fail.
  [[nodiscard]] bool carried_out(Operation operation);
  void felt(EventId fault, const DiskTrouble& trouble, std::string_view operation);
  [[nodiscard]] File* find(const std::string& name);
  [[nodiscard]] const File* find(const std::string& name) const;

  NodeIndex node_;
  Streams& streams_;
  Recorder& recorder_;
  const SimTime& now_;
  SimTime cursor_{};
  std::map<std::string, File> files_;
  std::map<EventId, DiskTrouble> troubles_;
  std::set<EventId> felt_;  ///< in this series of operations
  std::uint64_t programs_ = 0;
  std::function<void(SimTime)> watcher_;
};

}  // namespace arbees::sim
