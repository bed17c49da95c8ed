#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/redis/inline_request.h"

namespace arbees::sim::redis {

/// Cuts one client's byte stream into requests, in both forms: arrays of bulk strings, and lines
/// typed by hand. Empty requests are skipped, as the real server does.
///
/// Requests are read in place; only what a stream leaves unfinished is copied. The real server
/// searches line ends in C strings, so a NUL inside a header or a line hides everything behind it:
/// the client hangs until its line is too long. The model does the same.
class RequestParser {
 public:
  enum class Step : std::uint8_t {
    request,     ///< `arguments` holds the next one
    incomplete,  ///< more bytes are needed
    failed       ///< `error` says why; the stream cannot be read any further
  };

  RequestParser() = default;
  RequestParser(const RequestParser&) = delete;  // it points into itself
  RequestParser& operator=(const RequestParser&) = delete;

  /// Gives it the next bytes. They must stay alive until `next` says anything but `request`.
  void feed(std::string_view bytes);
  [[nodiscard]] Step next();

  /// The request found last, never empty. Lives until the next call to `next`.
  [[nodiscard]] std::span<const std::string_view> arguments() const { return arguments_; }
  /// As the server words it, without "ERR ".
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  enum class Form : std::uint8_t { undecided, array, line };

  [[nodiscard]] Step next_array();
  [[nodiscard]] Step next_line();
  [[nodiscard]] Step read_count();
  [[nodiscard]] Step read_argument_size();
  [[nodiscard]] Step fail(std::string error);
  [[nodiscard]] std::optional<std::size_t> find_line_end(char mark) const;
  void finish(std::string_view text, std::span<const Slice> slices);
  void carry_over();
  [[nodiscard]] std::string_view unread() const { return window_.substr(at_); }

  std::string carried_;      // an unfinished request, kept between two feeds
  std::string_view window_;  // what is being read: the bytes fed, or `carried_`
  std::size_t begin_ = 0;    // of the request under way, in `window_`
  std::size_t at_ = 0;       // how far it was read

  Form form_ = Form::undecided;
  std::optional<std::int64_t> arguments_left_;  // of an array whose header was read
  std::optional<std::size_t> argument_size_;    // of the argument whose header was read
  std::vector<Slice> slices_;                   // of the arguments read, relative to `begin_`
  InlineRequest line_;

  std::vector<std::string_view> arguments_;
  std::string error_;
};

}  // namespace arbees::sim::redis
