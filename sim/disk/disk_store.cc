#include "sim/disk/disk_store.h"

#include <algorithm>
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
      timer_(clock.make_timer([this] { complete_next(); })) {}

DiskStore::~DiskStore() {
  // A program that ends in order closes its file; one that was killed reaches the disk no more.
  disk_.begin();
  const SeededSqlite seeded(next_seed(seed_));
  file_.reset();
  disk_.settle();
}

void DiskStore::load(Loaded done) { enqueue({.loaded = std::move(done)}); }

void DiskStore::commit(StoreBatch batch, Committed done) {
  enqueue({.batch = std::move(batch), .committed = std::move(done)});
}

void DiskStore::enqueue(sqlite::StoreJob job) {
  jobs_.push_back(std::move(job));
  if (completions_.empty()) {
    begin_next();
  }
}

void DiskStore::begin_next() {
  std::vector<sqlite::StoreJob> jobs = sqlite::take_together(jobs_);
  disk_.begin();
  const SeededSqlite seeded(next_seed(seed_));
  if (jobs.front().loaded) {
    begin_load(std::move(jobs.front().loaded));
  } else {
    begin_commits(std::move(jobs));
  }
  settled_ = false;
  timer_->arm(clock_.now() + disk_.busy());
}

void DiskStore::begin_load(Loaded done) {
  completions_.emplace_back([this, done = std::move(done), image = load_file()] {
    if (image) {
      events_.record(StoreLoaded{.term = image->term,
                                 .epochs_reserved = image->epochs_reserved,
                                 .games = image->games.size(),
                                 .print = print_.value()},
                     {});
    }
    done(image);
  });
}

void DiskStore::begin_commits(std::vector<sqlite::StoreJob> jobs) {
  const MonoTime begun = clock_.now();
  const auto results = write(sqlite::batches_of(jobs));
  const bool written = std::ranges::any_of(results, &sqlite::StoreFile::Result::has_value);
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    completions_.emplace_back([this, begun, acknowledges = written && i == 0,
                               done = std::move(jobs[i].committed), result = results[i]] {
      if (acknowledges) {
        events_.record(
            StoreWriteAcknowledged{.print = print_.value(), .took = clock_.now() - begun}, {});
      }
      done(result);
    });
  }
}

void DiskStore::complete_next() {
  ensure(!completions_.empty(), "the store's timer is armed only while something is in flight");
  if (!std::exchange(settled_, true)) {
    disk_.settle();
  }
  const std::function<void()> completion = std::move(completions_.front());
  completion();
  completions_.pop_front();
  if (!completions_.empty()) {
    timer_->arm(clock_.now());
  } else if (!jobs_.empty()) {
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

std::vector<sqlite::StoreFile::Result> DiskStore::write(std::span<const StoreBatch> batches) {
  if (!file_) {
    return {batches.size(),
            std::unexpected(StoreError{StoreFailure::unavailable, "the file is not open"})};
  }
  auto results = file_->commit(batches);
  const bool failed = std::ranges::any_of(results, [](const auto& result) {
    return !result && result.error().failure == StoreFailure::unavailable;
  });
  // What failed may be in the file all the same: the failure can have been in the last step.
  StoreImage maybe = failed ? image_ : StoreImage{};
  ImagePrint print_of_maybe = print_;
  StoreImage& image = failed ? maybe : image_;
  ImagePrint& print = failed ? print_of_maybe : print_;
  bool changes = false;
  for (std::size_t i = 0; i < batches.size(); ++i) {
    if (failed ? check_term(batches[i], image.term).has_value() : results[i].has_value()) {
      print.apply(batches[i], image);
      changes = true;
    }
  }
  if (changes) {
    events_.record(StoreWriteBegun{.print = print.value()}, {});
  }
  return results;
}

}  // namespace arbees::sim
