#include "prod/events/text_log.h"

#include <chrono>
#include <cstdlib>
#include <string_view>

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/ansicolor_sink.h>

namespace arbees::prod {
namespace {

spdlog::level::level_enum level_of(Severity severity) {
  switch (severity) {
    case Severity::debug: return spdlog::level::debug;
    case Severity::info: return spdlog::level::info;
    case Severity::warning: return spdlog::level::warn;
    case Severity::critical: return spdlog::level::critical;
  }
  return spdlog::level::critical;
}

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets variables
  return value == nullptr ? std::string_view{} : std::string_view(value);
}

/// The first of these that is set decides about characters (POSIX, 8.2).
Charset terminal_charset() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string_view locale = environment(name);
    if (locale.empty())
      continue;
    const bool utf8 = locale.ends_with("UTF-8") || locale.ends_with("utf8");
    return utf8 ? Charset::utf8 : Charset::ascii;
  }
  return Charset::ascii;
}

}  // namespace

class TextLog::Logger {
 public:
  explicit Logger(Severity least)
      : logger("events", std::make_shared<spdlog::sinks::ansicolor_stderr_sink_st>(
                             environment("NO_COLOR").empty() ? spdlog::color_mode::automatic
                                                             : spdlog::color_mode::never)),
        charset(terminal_charset()) {
    logger.set_level(level_of(least));
    logger.set_formatter(std::make_unique<spdlog::pattern_formatter>(
        "%Y-%m-%dT%H:%M:%S.%eZ %^%-8l%$ %v", spdlog::pattern_time_type::utc));
  }

  spdlog::logger logger;
  Charset charset;
};

TextLog::TextLog(Severity least) : logger_(std::make_unique<Logger>(least)) {}
TextLog::~TextLog() = default;

void TextLog::take(const Envelope& envelope, WallTime wall) {
  const auto level = level_of(envelope.event.type().severity);
  if (!logger_->logger.should_log(level))
    return;
  const auto time = std::chrono::system_clock::time_point(
      std::chrono::duration_cast<std::chrono::system_clock::duration>(wall.time_since_epoch()));
  // A string, not a format: what came from outside must not be read as one.
  logger_->logger.log(time, spdlog::source_loc{}, level,
                      spdlog::string_view_t(log_text(envelope, logger_->charset)));
}

std::string log_text(const Envelope& envelope, Charset charset) {
  constexpr std::size_t longest_list = 12;
  std::string line;
  append_visible(line, envelope.node, charset);
  line += ' ';
  line += envelope.event.name();
  TextFields fields(line, charset, longest_list);
  envelope.event.visit(fields);
  return line;
}

}  // namespace arbees::prod
