#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace arbees::redis {

/// What a server may send us. Redis itself allows 512 MiB in one bulk string; we never ask for such.
struct FrameLimits {
  std::size_t frame_bytes = 16U << 20U;  ///< one reply with everything in it
  std::size_t line_bytes = 64U << 10U;   ///< a status, error or integer without its end
  std::size_t bulk_bytes = 1U << 20U;    ///< longer bulk strings are skipped and reported as such
  std::size_t items = 1'024;             ///< values in one reply, nested ones counted
  std::size_t depth = 6;                 ///< arrays within arrays; at most 7
};

/// A bulk string that is too long to be kept.
struct OversizedItem {
  std::size_t item;  ///< which value of the reply, counted from 0 in the order of the stream
  std::size_t bytes;
};

/// Finds where replies end in a stream and refuses what is too large, byte by byte and without
/// keeping any: its state is a few numbers, so an announced length costs nothing.
class FrameGate {
 public:
  enum class Verdict : std::uint8_t {
    more,      ///< every byte was measured, and the reply is not complete
    complete,  ///< the reply ends with the last measured byte
    skip,  ///< an oversized bulk string begins: its header is the last `header` measured bytes, its
           ///< content everything measured up to `skipped`; its line end is measured after that
    skipped,
    fault
  };

  struct Step {
    Verdict verdict;
    std::size_t measured;  ///< bytes of the piece that were looked at
    std::size_t header;    ///< for `skip`; may reach back into earlier pieces
  };

  explicit FrameGate(const FrameLimits& limits);

  /// Looks at `bytes` up to the first verdict other than `more`.
  [[nodiscard]] Step measure(std::string_view bytes);

  /// What is wrong, after the verdict `fault`. Nothing may be measured after that.
  [[nodiscard]] const std::string& fault() const { return fault_; }
  /// The oversized bulk strings of the reply just completed.
  [[nodiscard]] const std::vector<OversizedItem>& oversized() const { return oversized_; }

 private:
  enum class Expect : std::uint8_t {
    type,
    line,
    line_feed,
    length,
    length_feed,
    body,
    body_return,
    body_feed
  };

  static constexpr std::size_t deepest = 7;  // hiredis 0.14 has room for one root and seven more

  [[nodiscard]] Verdict take(char byte);
  [[nodiscard]] Verdict take_type(char byte);
  [[nodiscard]] Verdict take_line(char byte);
  [[nodiscard]] Verdict take_length(char byte);
  [[nodiscard]] Verdict begin_array();
  [[nodiscard]] Verdict begin_bulk();
  [[nodiscard]] Verdict end_item();
  [[nodiscard]] Verdict expect_byte(char byte, char wanted, Expect then);
  // Apart from the others, so that nobody pays for a text who refuses nothing.
  [[nodiscard, gnu::cold, gnu::noinline]] Verdict refuse(std::string_view what);
  [[nodiscard, gnu::cold, gnu::noinline]] Verdict refuse_byte(std::string_view before, char byte,
                                                              std::string_view after = {});
  [[nodiscard, gnu::cold, gnu::noinline]] Verdict refuse_size(std::string_view thing,
                                                              std::size_t count, std::size_t limit,
                                                              std::string_view unit);

  FrameLimits limits_;
  Expect expect_ = Expect::type;
  std::size_t frame_bytes_ = 0;
  std::size_t items_begun_ = 0;
  std::size_t items_announced_ = 0;

  // The value being read.
  char type_ = 0;
  std::size_t header_bytes_ = 0;
  bool negative_ = false;
  std::size_t digits_ = 0;
  std::size_t length_ = 0;
  std::size_t body_left_ = 0;
  bool skipping_ = false;

  // Values still to come in each open array, the innermost last.
  std::array<std::size_t, deepest> left_{};
  std::size_t depth_ = 0;

  std::vector<OversizedItem> oversized_;
  std::string fault_;
};

}  // namespace arbees::redis
