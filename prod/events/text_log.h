#pragma once

#include <memory>
#include <string>

#include "core/events/event_text.h"
#include "prod/events/recorder.h"

namespace arbees::prod {

/// The log for people: one line an event on stderr,
/// `2026-11-23T18:36:44.120Z warning  shard-1 link_lost role=subscriber reason=reset`.
/// In colour only on a terminal, and not with NO_COLOR set.
class TextLog final : public EventOutput {
 public:
  explicit TextLog(Severity least);
  ~TextLog() override;
  TextLog(const TextLog&) = delete;
  TextLog& operator=(const TextLog&) = delete;

  void take(const Envelope& envelope, WallTime wall) override;

 private:
  class Logger;
  std::unique_ptr<Logger> logger_;
};

/// Node, event and fields as the log shows them. One line whatever the values hold; lists of more than 12
/// are shortened to their length, the event file has them whole.
[[nodiscard]] std::string log_text(const Envelope& envelope, Charset charset);

}  // namespace arbees::prod
