#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/ports/clock.h"

namespace arbees::prod {

/// The whole text of a file. The error says what is wrong with it. A file above `most` bytes is one.
[[nodiscard]] std::expected<std::string, std::string> read_whole_file(const std::string& path,
                                                                      std::size_t most);

/// A small file that others change, looked at every two seconds. It is compared by its content: editors
/// and `mv` keep neither the inode nor, in the worst case, the time of the change.
class WatchedFile {
 public:
  static constexpr Duration period = seconds{2};
  static constexpr std::size_t largest = std::size_t{16} << 20U;

  /// Gets each new content as a step of its own.
  using Changed = std::function<void(std::string_view text)>;
  /// Gets each new reason why the file cannot be read; the content known before stays.
  using Unreadable = std::function<void(std::string_view problem)>;

  /// Looks for the first time in the next step. `clock` must outlive this.
  WatchedFile(std::string path, Clock& clock, Changed changed, Unreadable unreadable);

  /// Looks now, instead of at the next round.
  void look();

 private:
  std::string path_;
  std::optional<std::string> text_;  ///< none: not read yet
  std::string problem_;
  Clock& clock_;
  Changed changed_;
  Unreadable unreadable_;
  std::unique_ptr<Timer> timer_;
};

}  // namespace arbees::prod
