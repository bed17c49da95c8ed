#include "core/redis/command.h"

#include <hiredis/hiredis.h>

#include <vector>

#include "core/base/assert.h"

namespace arbees::redis {

void append_command(std::string& out, std::span<const std::string_view> words) {
  ensure(!words.empty(), "a command has a name");
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  texts.reserve(words.size());
  sizes.reserve(words.size());
  for (const std::string_view word : words) {
    texts.push_back(word.empty() ? "" : word.data());
    sizes.push_back(word.size());
  }
  // The sds form, because the plain one of hiredis 0.14 sums the sizes up in an int.
  sds command = nullptr;
  const int size = redisFormatSdsCommandArgv(&command, static_cast<int>(texts.size()), texts.data(),
                                             sizes.data());
  ensure(size > 0 && command != nullptr, "there is memory for a command");
  out.append(command, sdslen(command));
  redisFreeSdsCommand(command);
}

void append_command(std::string& out, std::initializer_list<std::string_view> words) {
  append_command(out, std::span<const std::string_view>{words.begin(), words.size()});
}

}  // namespace arbees::redis
