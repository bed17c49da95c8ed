#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/conformance/command_words.h"
#include "tests/conformance/intended_differences.h"
#include "tests/conformance/requests.h"
#include "tests/conformance/sessions.h"
#include "tests/conformance/twins.h"

namespace arbees::testing {

/// Whether two replies say the same, as far as their form allows them to differ.
[[nodiscard]] bool same_reply(ReplyForm form, std::string_view model, std::string_view real);

/// Where the model and the real server say different things: empty if nowhere, else both for a
/// reader. `session` is the sender's before the command; the replies an EXEC brings are each judged
/// as those of the command that was queued.
[[nodiscard]] std::string judge(const TypedCommand& command, const Session& session,
                                const Said& said, bool to_sender,
                                const std::vector<IntendedDifference>& intended);

}  // namespace arbees::testing
