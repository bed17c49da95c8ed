#include "sim/search/search.h"

#include <chrono>
#include <deque>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "core/settings/decimal.h"
#include "sim/search/workers.h"

namespace arbees::sim {
namespace {

/// Results are kept together for so long, so that a disk that is slow to sync does not slow the search.
constexpr std::chrono::milliseconds keep_together{200};
constexpr std::uint64_t runs_before_enough = 100;
constexpr int look_every_ms = 50;
constexpr std::uint64_t mutations_per_find = 3;

/// A run whose process ended.
RunRecord crashed(const SearchJob& job, const std::string& how) {
  RunRecord record{.scenario = job.loaded->scenario.name,
                   .policy = job.policy,
                   .seed = job.seed,
                   .variant = job.variant,
                   .verdict = "crash",
                   .repro = job.repro};
  record.failures.push_back({std::string(program_subject), how, how + "; run it alone to see why"});
  return record;
}

class Search {
 public:
  Search(const SearchPlan& plan, const SearchOptions& options, ResultsFile* file)
      : plan_(plan),
        options_(options),
        file_(file),
        pool_(options.workers, [&plan](std::uint64_t index, bool twice) {
          return record_line(make_run(plan.job(index), twice));
        }) {}

  std::expected<SearchOutcome, std::string> run(std::set<std::string> known, Summary summary) {
    known_ = std::move(known);
    outcome_.summary = std::move(summary);
    next_ = (options_.partition.part - 1) * plan_.siblings;
    while (!done()) {
      hand_out();
      take(pool_.collect(look_every_ms));
      if (auto kept = keep(false); !kept) {
        return std::unexpected(kept.error());
      }
    }
    while (pool_.outstanding() > 0) {
      take(pool_.collect(look_every_ms));
    }
    if (auto kept = keep(true); !kept) {
      return std::unexpected(kept.error());
    }
    outcome_.complete = all_handed_out();
    return std::move(outcome_);
  }

 private:
  using Clock = std::chrono::steady_clock;

  [[nodiscard]] bool all_handed_out() const { return plan_.size && next_ >= *plan_.size; }

  bool done() {
    if (options_.stop()) {
      return true;
    }
    if (options_.enough > 0 && outcome_.summary.runs() >= runs_before_enough) {
      const Unseen unseen = outcome_.summary.pairs().unseen();
      outcome_.saw_enough = unseen.expected_new_milli(options_.enough) < 1'000;
    }
    outcome_.saw_failure = options_.until_failure && outcome_.summary.failed() > 0;
    return outcome_.saw_enough || outcome_.saw_failure ||
           (all_handed_out() && followed_.empty() && pool_.outstanding() == 0 && waiting_.empty());
  }

  void hand_out() {
    while (pool_.wants_task() && !options_.stop()) {
      const std::optional<std::uint64_t> index = next_index();
      if (!index) {
        return;
      }
      if (!known_.empty() && known_.erase(plan_.key(*index)) > 0) {
        continue;
      }
      const std::uint64_t number = *index / plan_.siblings + *index % plan_.siblings;
      const bool twice = options_.every_twice > 0 && number % options_.every_twice == 0;
      pool_.give(*index, twice);
    }
  }

  /// A new seed and what is followed take turns.
  std::optional<std::uint64_t> next_index() {
    followed_turn_ = !followed_turn_;
    if (!followed_.empty() && (followed_turn_ || all_handed_out())) {
      const std::uint64_t index = followed_.front();
      followed_.pop_front();
      return index;
    }
    if (all_handed_out()) {
      return std::nullopt;
    }
    return std::exchange(next_, next_ + options_.partition.of * plan_.siblings);
  }

  /// A run showed something that none did before: some mutations of its schedule are tried.
  void follow(std::uint64_t index) {
    const std::uint64_t group = index / plan_.siblings;
    std::uint64_t& tried = mutations_tried_[group];
    for (std::uint64_t i = 0; i < mutations_per_find && tried + 1 < plan_.siblings; ++i) {
      followed_.push_back(group * plan_.siblings + ++tried);
    }
  }

  void take(const std::vector<WorkerPool::Answer>& answers) {
    for (const WorkerPool::Answer& answer : answers) {
      auto record = answer.died ? std::nullopt : parse_record(answer.text);
      numbers_.push_back(answer.index);
      waiting_.push_back(record ? std::move(*record)
                                : crashed(plan_.job(answer.index),
                                          answer.died ? answer.text : "its answer was damaged"));
    }
  }

  /// Puts what came into the file, and only then says so.
  std::expected<void, std::string> keep(bool now) {
    if (waiting_.empty() || (!now && Clock::now() < next_keep_)) {
      return {};
    }
    if (file_ != nullptr) {
      if (auto added = file_->add(waiting_); !added) {
        return added;
      }
    }
    for (std::size_t i = 0; i < waiting_.size(); ++i) {
      const std::size_t seen = outcome_.summary.pairs().by_thing().size();
      outcome_.summary.add(waiting_[i]);
      if (outcome_.summary.pairs().by_thing().size() > seen) {
        follow(numbers_[i]);
      }
    }
    numbers_.clear();
    outcome_.made += waiting_.size();
    waiting_.clear();
    next_keep_ = Clock::now() + keep_together;
    options_.progress(outcome_.summary);
    return {};
  }

  const SearchPlan& plan_;
  const SearchOptions& options_;
  ResultsFile* file_;
  WorkerPool pool_;
  std::set<std::string> known_;
  std::vector<RunRecord> waiting_;
  std::vector<std::uint64_t> numbers_;                      ///< of those that wait
  std::deque<std::uint64_t> followed_;                      ///< mutations to be tried
  std::map<std::uint64_t, std::uint64_t> mutations_tried_;  ///< by group
  bool followed_turn_ = false;
  SearchOutcome outcome_;
  std::uint64_t next_ = 0;
  Clock::time_point next_keep_;
};

}  // namespace

std::optional<Partition> parse_partition(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) {
    return std::nullopt;
  }
  const auto part = parse_count(text.substr(0, slash));
  const auto of = parse_count(text.substr(slash + 1));
  if (!part || !of || *part < 1 || *part > *of) {
    return std::nullopt;
  }
  return Partition{*part, *of};
}

std::expected<SearchOutcome, std::string> search(const SearchPlan& plan,
                                                 const SearchOptions& options, ResultsFile* file) {
  std::set<std::string> known;
  Summary summary;
  if (file != nullptr) {
    const auto records = file->read();
    if (!records) {
      return std::unexpected(records.error());
    }
    for (const RunRecord& record : *records) {
      known.insert(record.key());
      summary.add(record);
    }
  }
  return Search(plan, options, file).run(std::move(known), std::move(summary));
}

}  // namespace arbees::sim
