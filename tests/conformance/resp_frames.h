#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace arbees::testing {

/// A stream of replies as it comes in.
class ReplyStream {
 public:
  void add(std::string_view bytes) { bytes_ += bytes; }
  /// How many top-level replies are there in full.
  [[nodiscard]] std::size_t whole();
  /// The first `count` of them, or as many as there are.
  [[nodiscard]] std::vector<std::string> take(std::size_t count);
  /// What was not taken.
  [[nodiscard]] const std::string& rest() const { return bytes_; }

 private:
  std::string bytes_;
  std::size_t measured_ = 0;
  std::vector<std::size_t> ends_;
};

[[nodiscard]] std::string join(const std::vector<std::string>& replies);
/// The bytes for a reader: "\r\n" and "\x00" in two and four characters; the beginning, if they are
/// many.
[[nodiscard]] std::string in_print(std::string_view bytes);

/// The elements of an array; none of what is no array.
[[nodiscard]] std::vector<std::string> elements_of(std::string_view array);

/// Cuts a stream of RESP2 replies into its top-level ones, each with its bytes. What does not read
/// as a reply, or is cut off, comes as one last piece.
[[nodiscard]] std::vector<std::string> split_replies(std::string_view stream);

/// A stream with everything sorted whose order follows hash order in the real server:
/// - pmessages of one message, one after the other: which pattern first;
/// - with `bare_unsubscribe`, the channels one UNSUBSCRIBE without arguments gives up; their counts
///   stay where they are.
/// Two streams that say the same then have the same bytes.
[[nodiscard]] std::string without_hash_order(std::string_view stream, bool bare_unsubscribe);

}  // namespace arbees::testing
