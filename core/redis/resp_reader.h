#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/redis/frame_gate.h"
#include "core/redis/reply.h"

namespace arbees::redis {

/// Why a stream cannot be read further. The connection it came from is of no more use.
struct ReadFault {
  std::string what;
};

/// Turns the bytes of a connection into replies. The same replies and the same fault come out however
/// the stream is cut.
///
/// hiredis parses, but it never sees a byte that a FrameGate has not measured: it gets whole frames
/// within the limits. Left alone, hiredis 0.14 allocates what `*1000000000` announces, rescans an
/// unterminated line from its start at every feed, and does not look at the two bytes after a bulk
/// string.
class RespReader {
 public:
  explicit RespReader(const FrameLimits& limits = {});
  ~RespReader();
  RespReader(RespReader&&) noexcept;
  RespReader& operator=(RespReader&&) noexcept;

  /// Takes the next piece of the stream. `bytes` must live until `next` has returned null or a
  /// fault, and no piece may be fed before that.
  void feed(std::string_view bytes);

  /// The next complete reply, valid until the following call; null when it takes more bytes. After a
  /// fault every call returns that fault.
  [[nodiscard]] std::expected<const Reply*, ReadFault> next();

 private:
  struct Parser;

  [[nodiscard]] std::expected<const Reply*, ReadFault> parse(std::string_view frame);

  FrameGate gate_;
  std::string_view input_;  ///< what was fed and not yet measured
  std::string frame_;       ///< the beginning of a frame that came in several pieces
  bool skipping_ = false;   ///< within an oversized bulk string
  std::optional<ReadFault> fault_;
  std::unique_ptr<Parser> parser_;
};

}  // namespace arbees::redis
