#include "sim/disk/disk.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include "core/base/assert.h"
#include "sim/disk/events.h"
#include "sim/engine/recorder.h"

namespace arbees::sim {
namespace {

// A small solid-state disk: a commit of a few pages takes about a millisecond.
constexpr Duration read_takes = std::chrono::microseconds{5};
constexpr Duration write_takes = std::chrono::microseconds{20};
constexpr Duration sync_takes = std::chrono::microseconds{800};

/// How much of the unsynced writes to one file a loss of power leaves.
enum class Survival : std::uint8_t { none, all, some };

}  // namespace

std::string_view name(DiskTrouble::Kind kind) {
  switch (kind) {
    case DiskTrouble::Kind::slow: return "store_slow";
    case DiskTrouble::Kind::error: return "store_error";
    case DiskTrouble::Kind::full: return "disk_full";
    case DiskTrouble::Kind::locked: return "store_locked";
    case DiskTrouble::Kind::out: return "store_out";
  }
  return "unknown";
}

Disk::Disk(NodeIndex node, Streams& streams, Recorder& recorder, const SimTime& now)
    : node_(node), streams_(streams), recorder_(recorder), now_(now) {}

void Disk::begin() {
  cursor_ = now_;
  felt_.clear();
}

Duration Disk::busy() const { return std::max(cursor_ - now_, Duration{}); }

void Disk::settle() {
  for (auto& [name, file] : files_) {
    make_durable(file, SimTime::max());
    for (Change& change : file.unsynced) {
      change.at = std::min(change.at, now_);
    }
  }
}

bool Disk::exists(const std::string& file) const {
  const File* found = find(file);
  return found != nullptr && found->seen.exists;
}

std::size_t Disk::size(const std::string& file) const {
  const File* found = find(file);
  return found == nullptr ? 0 : found->seen.bytes.size();
}

Disk::Result Disk::create(const std::string& file) {
  if (!carried_out(Operation::open)) {
    return Result::failed;
  }
  if (!exists(file)) {
    change(files_[file], {.kind = Change::Kind::create, .at = cursor_});
  }
  return Result::ok;
}

Disk::Result Disk::read(const std::string& file, std::size_t offset, std::span<char> into,
                        std::size_t& got) {
  if (!carried_out(Operation::read)) {
    return Result::failed;
  }
  const File* found = find(file);
  const std::string_view bytes = found == nullptr ? std::string_view() : found->seen.bytes;
  const std::string_view here = bytes.substr(std::min(offset, bytes.size()), into.size());
  std::ranges::copy(here, into.begin());
  std::ranges::fill(into.subspan(here.size()), '\0');
  got = here.size();
  return Result::ok;
}

Disk::Result Disk::write(const std::string& file, std::size_t offset, std::string_view bytes) {
  const SimTime begun = cursor_;
  if (!carried_out(Operation::write)) {
    return Result::failed;
  }
  File* found = find(file);
  ensure(found != nullptr && found->seen.exists, "only files that are there are written to");
  if (offset + bytes.size() > found->seen.bytes.size()) {
    const auto full = std::ranges::find_if(
        troubles_, [](const auto& each) { return each.second.kind == DiskTrouble::Kind::full; });
    if (full != troubles_.end()) {
      felt(full->first, full->second, "write");
      return Result::full;
    }
  }
  change(*found,
         {.kind = Change::Kind::write, .at = begun, .offset = offset, .bytes = std::string(bytes)});
  return Result::ok;
}

Disk::Result Disk::truncate(const std::string& file, std::size_t size) {
  const SimTime begun = cursor_;
  if (!carried_out(Operation::write)) {
    return Result::failed;
  }
  change(files_[file], {.kind = Change::Kind::truncate, .at = begun, .offset = size});
  return Result::ok;
}

Disk::Result Disk::sync(const std::string& file, bool folder) {
  if (!carried_out(Operation::sync)) {
    return Result::failed;
  }
  change(files_[file], {.kind = Change::Kind::sync, .at = cursor_});
  if (folder) {
    sync_folder();
  }
  return Result::ok;
}

Disk::Result Disk::remove(const std::string& file, bool folder) {
  if (!carried_out(Operation::remove)) {
    return Result::failed;
  }
  File& removed = files_[file];
  change(removed, {.kind = Change::Kind::remove, .at = cursor_});
  if (folder) {
    sync_folder();
  }
  return Result::ok;
}

void Disk::sync_folder() {
  for (auto& [name, file] : files_) {
    if (!file.unsynced.empty()) {
      change(file, {.kind = Change::Kind::sync_folder, .at = cursor_});
    }
  }
}

bool Disk::lock(const std::string& file, const void* holder) {
  File& wanted = files_[file];
  if (wanted.locked_by == holder) {
    return true;
  }
  for (const auto& [fault, trouble] : troubles_) {
    if (trouble.kind == DiskTrouble::Kind::locked) {
      felt(fault, trouble, "lock");
      return false;
    }
  }
  if (wanted.locked_by != nullptr) {
    return false;
  }
  wanted.locked_by = holder;
  return true;
}

void Disk::unlock(const std::string& file, const void* holder) {
  File& held = files_[file];
  if (held.locked_by == holder) {
    held.locked_by = nullptr;
  }
}

void Disk::program_ended() {
  ++programs_;
  for (auto& [name, file] : files_) {
    make_durable(file, now_);
    forget_after(file, now_);
    file.locked_by = nullptr;
  }
}

void Disk::lose_power(EventId cause) {
  Loss loss;
  Stream& draws = streams_.get("disk:" + std::string(recorder_.name(node_)));
  for (auto& [name, file] : files_) {
    tear(file, draws, loss);
  }
  if (loss.writes > 0) {
    recorder_.record(now_, world_node, MonoTime(now_.time_since_epoch()),
                     UnsyncedWritesLost{.node = NodeName(recorder_.name(node_)),
                                        .writes = loss.writes,
                                        .sectors = loss.sectors,
                                        .lost = loss.lost},
                     cause);
  }
}

Disk::Copy Disk::copy() const {
  Copy copy;
  for (const auto& [name, file] : files_) {
    // What a program has not done yet is not in it.
    State state = file.durable;
    for (const Change& change : file.unsynced) {
      if (change.at <= now_) {
        apply(state, change);
      }
    }
    if (state.exists) {
      copy.emplace(name, std::move(state.bytes));
    }
  }
  return copy;
}

void Disk::replace(const Copy& copy) {
  files_.clear();
  for (const auto& [name, bytes] : copy) {
    const State state{.exists = true, .bytes = bytes};
    files_.emplace(name, File{.seen = state, .durable = state, .unsynced = {}});
  }
}

void Disk::apply(State& state, const Change& change) {
  switch (change.kind) {
    case Change::Kind::create: state.exists = true; break;
    case Change::Kind::remove: state = {}; break;
    case Change::Kind::truncate: state.bytes.resize(change.offset); break;
    case Change::Kind::write:
      if (state.bytes.size() < change.offset + change.bytes.size()) {
        state.bytes.resize(change.offset + change.bytes.size());
      }
      std::memcpy(state.bytes.data() + change.offset, change.bytes.data(), change.bytes.size());
      break;
    case Change::Kind::sync:
    case Change::Kind::sync_folder: break;
  }
}

void Disk::make_durable(File& file, SimTime until) {
  const auto last =
      std::find_if(file.unsynced.rbegin(), file.unsynced.rend(),
                   [&](const Change& c) { return c.kind == Change::Kind::sync && c.at <= until; });
  const auto end = last.base();
  for (auto change = file.unsynced.begin(); change != end; ++change) {
    apply(file.durable, *change);
  }
  file.unsynced.erase(file.unsynced.begin(), end);
  make_entry_durable(file, until);
}

void Disk::make_entry_durable(File& file, SimTime until) {
  const auto last = std::find_if(
      file.unsynced.rbegin(), file.unsynced.rend(),
      [&](const Change& c) { return c.kind == Change::Kind::sync_folder && c.at <= until; });
  const auto end = last.base();
  std::vector<Change> left;
  for (auto change = file.unsynced.begin(); change != end; ++change) {
    if (change->kind == Change::Kind::create || change->kind == Change::Kind::remove) {
      apply(file.durable, *change);
    }
    if (change->kind == Change::Kind::remove) {
      left.clear();
    } else if (change->kind == Change::Kind::write || change->kind == Change::Kind::truncate) {
      left.push_back(std::move(*change));
    }
  }
  std::move(end, file.unsynced.end(), std::back_inserter(left));
  file.unsynced = std::move(left);
}

void Disk::forget_after(File& file, SimTime now) {
  if (std::erase_if(file.unsynced, [&](const Change& change) { return change.at > now; }) == 0) {
    return;
  }
  file.seen = file.durable;
  for (const Change& change : file.unsynced) {
    apply(file.seen, change);
  }
}

void Disk::tear(File& file, Stream& draws, Loss& loss) {
  if (file.unsynced.empty()) {
    return;
  }
  const auto survival = static_cast<Survival>(draws.between(0, 2));
  const auto survives = [&] {
    return survival == Survival::all || (survival == Survival::some && draws.chance({1, 2}));
  };
  for (const Change& change : file.unsynced) {
    if (change.kind != Change::Kind::write) {
      if (survives()) {
        apply(file.durable, change);
      }
      continue;
    }
    ++loss.writes;
    for (std::size_t done = 0; done < change.bytes.size();) {
      const std::size_t at = change.offset + done;
      const std::size_t piece = std::min(sector - at % sector, change.bytes.size() - done);
      ++loss.sectors;
      if (survives()) {
        apply(file.durable, {.kind = Change::Kind::write,
                             .at = change.at,
                             .offset = at,
                             .bytes = change.bytes.substr(done, piece)});
      } else {
        ++loss.lost;
      }
      done += piece;
    }
  }
  file.unsynced.clear();
  if (!file.durable.exists) {
    file.durable.bytes.clear();
  }
  file.seen = file.durable;
}

void Disk::change(File& file, Change change) {
  apply(file.seen, change);
  if (watcher_ && (change.kind == Change::Kind::write || change.kind == Change::Kind::sync)) {
    watcher_(change.at);
  }
  file.unsynced.push_back(std::move(change));
}

bool Disk::carried_out(Operation operation) {
  constexpr std::string_view words[] = {"open", "read", "write", "sync", "remove"};
  const std::string_view word = words[static_cast<std::size_t>(operation)];
  cursor_ += operation == Operation::read   ? read_takes
             : operation == Operation::sync ? sync_takes
                                            : write_takes;
  for (const auto& [fault, trouble] : troubles_) {
    const bool bites = operation == Operation::read || operation == Operation::write ||
                       operation == Operation::sync;
    switch (trouble.kind) {
      case DiskTrouble::Kind::slow:
        cursor_ += streams_.get("faults").between(trouble.delay);
        felt(fault, trouble, word);
        break;
      case DiskTrouble::Kind::error:
        if (bites && (trouble.share.numerator == trouble.share.denominator ||
                      streams_.get("faults").chance(trouble.share))) {
          felt(fault, trouble, word);
          return false;
        }
        break;
      case DiskTrouble::Kind::out: felt(fault, trouble, word); return false;
      case DiskTrouble::Kind::full:
      case DiskTrouble::Kind::locked: break;
    }
  }
  return true;
}

void Disk::felt(EventId fault, const DiskTrouble& trouble, std::string_view operation) {
  if (felt_.insert(fault).second) {
    recorder_.record(now_, world_node, MonoTime(now_.time_since_epoch()),
                     StoreFaultFelt{.fault = std::string(name(trouble.kind)),
                                    .node = NodeName(recorder_.name(node_)),
                                    .operation = std::string(operation)},
                     fault);
  }
}

Disk::File* Disk::find(const std::string& name) {
  const auto found = files_.find(name);
  return found == files_.end() ? nullptr : &found->second;
}

const Disk::File* Disk::find(const std::string& name) const {
  const auto found = files_.find(name);
  return found == files_.end() ? nullptr : &found->second;
}

}  // namespace arbees::sim
