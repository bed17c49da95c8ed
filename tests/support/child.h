#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace arbees::testing {

/// A program that a test talks with: what it prints (stdout and stderr together) is read here, and it is
/// given input as a pipe or as a terminal. Ends with the object, and with the test if that crashes.
class Child {
 public:
  enum class Input { pipe, terminal };

  /// The first word is looked up in PATH. Throws std::system_error if the system refuses.
  explicit Child(const std::vector<std::string>& words, Input input = Input::pipe);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  void type(std::string_view text) const;
  void end_input();
  /// Reads until `text` was printed after what earlier calls waited for. False: it ended or was silent too
  /// long; `output` shows what came.
  [[nodiscard]] bool prints(std::string_view text);
  /// Waits for its end and reads everything. The exit code, or 128 + N if signal N ended it.
  [[nodiscard]] int ends();
  /// Everything it has printed so far.
  [[nodiscard]] const std::string& output() const { return output_; }

 private:
  [[nodiscard]] bool read_more();

  pid_t pid_ = 0;
  int input_ = -1;
  int printed_ = -1;
  std::string output_;
  std::size_t waited_for_ = 0;  ///< in `output_`: where what `prints` found ends
};

}  // namespace arbees::testing
