#include "sim/disk/disk_store.h"

#include <utility>

#include "core/base/assert.h"
#include "sim/disk/events.h"

namespace arbees::sim {
namespace {

/// One number after the other, each as if drawn: no two jobs share what SQLite draws.
std::uint64_t next_seed(std::uint64_t& seed) {
  seed = seed * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
  return seed;
}

}  // namespace

DiskStore::DiskStore(Disk& disk, Clock& clock, EventSink& events, std::uint64_t seed)
    : disk_(disk),
      clock_(clock),
      events_(events),
      seed_(seed),
      first_(disk.unused()),
      vfs_(disk),
      timer_(clock.make_timer([this] { complete(); })) {}

DiskStore::~DiskStore() {
  // A program that ends in order closes its file; one that was killed reaches the disk no more.
  disk_.begin();
  const SeededSqlite seeded(next_seed(seed_));
  file_.reset();
  disk_.settle();
}

void DiskStore::load(Loaded done) {
  enqueue([this, done = std::move(done)]() -> Completion {
    return [this, done, image = load_file()] {
      if (image) {
        events_.record(StoreLoaded{.term = image->term,
                                   .epochs_reserved = image->epochs_reserved,
                                   .games = image->games.size(),
                                   .print = print_.value()},
                       {});
      }
      done(image);
    };
  });
}

void DiskStore::commit(StoreBatch batch, Committed done) {
  enqueue([this, batch = std::move(batch), done = std::move(done)]() -> Completion {
    const MonoTime begun = clock_.now();
    const auto written = write(batch);
    return [this, done, begun, written] {
      if (written) {
        events_.record(
            StoreWriteAcknowledged{.print = print_.value(), .took = clock_.now() - begun}, {});
      }
      done(written);
    };
  });
}

void DiskStore::enqueue(Job job) {
  jobs_.push_back(std::move(job));
  if (!in_flight_) {
    begin_next();
  }
}

void DiskStore::begin_next() {
  const Job job = std::move(jobs_.front());
  jobs_.pop_front();
  disk_.begin();
  const SeededSqlite seeded(next_seed(seed_));
  in_flight_ = job();
  timer_->arm(clock_.now() + disk_.busy());
}

void DiskStore::complete() {
  ensure(in_flight_ != nullptr, "the store's timer is armed only while something is in flight");
  disk_.settle();
  const Completion completion = std::exchange(in_flight_, nullptr);
  completion();
  if (!in_flight_ && !jobs_.empty()) {
    begin_next();
  }
}

std::expected<StoreImage, StoreError> DiskStore::load_file() {
  if (!file_) {
    auto opened = sqlite::StoreFile::open(file_name, vfs_.name());
    if (!opened) {
      return std::unexpected(StoreError{StoreFailure::unavailable, opened.error()});
    }
    created_ = opened->created();
    file_.emplace(*std::move(opened));
  }
  auto image = file_->load();
  if (image) {
    image_ = *image;
    print_ = ImagePrint(image_);
  }
  return image;
}

std::expected<void, StoreError> DiskStore::write(const StoreBatch& batch) {
  if (!file_) {
    return std::unexpected(StoreError{StoreFailure::unavailable, "the file is not open"});
  }
  const auto written = file_->commit(batch);
  if (written) {
    print_.apply(batch, image_);
    events_.record(StoreWriteBegun{.print = print_.value()}, {});
  } else if (check_term(batch, image_.term)) {
    // It may be in the file all the same: the failure can have been in the last step.
    StoreImage image = image_;
    ImagePrint print = print_;
    print.apply(batch, image);
    events_.record(StoreWriteBegun{.print = print.value()}, {});
  }
  return written;
}

}  // namespace arbees::sim
