#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace arbees::testing {

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
