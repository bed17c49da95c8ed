#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "sim/search/job.h"

namespace arbees::sim {

/// The results of a search, in SQLite: one row a run in table `run`, what was searched in table `search`.
/// What `add` was given is on disk when it returns: nothing that was reported is lost, however this process
/// ends.
class ResultsFile {
 public:
  /// Opens or creates it. An existing file must be of the same search and the same build: runs of two
  /// builds are not one campaign.
  [[nodiscard]] static std::expected<ResultsFile, std::string> open(const std::string& path,
                                                                    const std::string& plan,
                                                                    const std::string& build);
  /// Opens one that exists, whatever was searched.
  [[nodiscard]] static std::expected<ResultsFile, std::string> open_existing(
      const std::string& path);

  ~ResultsFile();
  ResultsFile(ResultsFile&&) noexcept;
  ResultsFile& operator=(ResultsFile&&) noexcept;

  [[nodiscard]] std::expected<void, std::string> add(const std::vector<RunRecord>& records);
  /// Every run in it, by key.
  [[nodiscard]] std::expected<std::vector<RunRecord>, std::string> read() const;
  [[nodiscard]] const std::string& plan() const;
  [[nodiscard]] const std::string& build() const;

 private:
  struct Parts;
  explicit ResultsFile(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace arbees::sim
