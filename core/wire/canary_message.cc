#include "core/wire/canary_message.h"

#include "core/wire/json_reader.h"
#include "core/wire/json_writer.h"

namespace arbees::wire {
namespace {

class CanaryDecoder final : public JsonVisitor {
 public:
  bool text(const JsonPlace& /*at*/, std::string_view /*value*/) override { return true; }
  bool integer(const JsonPlace& at, std::uint64_t value) override {
    if (at.in_array || !at.inner.empty()) {
      return true;
    }
    if (at.key == "nonce") {
      canary.nonce = value;
    } else if (at.key == "term") {
      canary.term = Term(value);
    }
    return true;
  }
  bool flag(const JsonPlace& /*at*/, bool /*value*/) override { return true; }
  bool begins(const JsonPlace& /*at*/, JsonContainer /*container*/) override { return true; }

  CanaryMessage canary;
};

}  // namespace

std::expected<CanaryMessage, std::string> decode_canary(std::string_view message) {
  CanaryDecoder decoder;
  if (auto read = read_json(message, decoder); !read) {
    return std::unexpected(read.error());
  }
  return decoder.canary;
}

std::string encode(const CanaryMessage& canary) {
  return JsonWriter{}
      .member("type", "canary")
      .member("nonce", canary.nonce)
      .member_if_any("term", canary.term)
      .finish();
}

}  // namespace arbees::wire
