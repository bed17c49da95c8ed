#include "core/redis/resp_reader.h"

#include <hiredis/read.h>

#include <algorithm>
#include <utility>

#include "core/base/assert.h"

namespace arbees::redis {

std::string_view to_string(Reply::Kind kind) {
  switch (kind) {
    case Reply::Kind::nil: return "nil";
    case Reply::Kind::status: return "status";
    case Reply::Kind::error: return "error";
    case Reply::Kind::integer: return "integer";
    case Reply::Kind::bulk: return "bulk";
    case Reply::Kind::oversized: return "oversized";
    case Reply::Kind::array: return "array";
  }
  return "unknown";
}

/// hiredis' reader, which builds one `Reply` in place: the strings of the reply before are reused, so
/// a stream of messages of one shape allocates nothing.
struct RespReader::Parser {
  // The reader keeps a pointer to `functions` and to this object: neither may move.
  redisReplyObjectFunctions functions{};
  redisReader* reader = nullptr;
  Reply root;
  std::size_t items = 0;
  const std::vector<OversizedItem>* oversized = nullptr;

  Parser() {
    functions.createString = &create_string;
    functions.createArray = &create_array;
    functions.createInteger = &create_integer;
    functions.createNil = &create_nil;
    functions.freeObject = [](void*) {};
    reader = redisReaderCreateWithFunctions(&functions);
    ensure(reader != nullptr, "there is memory for a parser");
    reader->privdata = this;
  }
  ~Parser() { redisReaderFree(reader); }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  /// Where the value of `task` goes, emptied.
  static Reply& place(const redisReadTask* task, Reply::Kind kind) {
    auto& self = *static_cast<Parser*>(task->privdata);
    ++self.items;
    Reply& reply =
        task->parent == nullptr
            ? self.root
            : static_cast<Reply*>(task->parent->obj)->elements[static_cast<std::size_t>(task->idx)];
    reply.kind = kind;
    reply.integer = 0;
    reply.text.clear();
    if (kind != Reply::Kind::array) {
      reply.elements.clear();
    }
    return reply;
  }

  // An exception must not cross hiredis' frames: out of memory ends the process here.
  static void* create_string(const redisReadTask* task, char* text, std::size_t size) noexcept {
    const Reply::Kind kind = task->type == REDIS_REPLY_STATUS  ? Reply::Kind::status
                             : task->type == REDIS_REPLY_ERROR ? Reply::Kind::error
                                                               : Reply::Kind::bulk;
    Reply& reply = place(task, kind);
    const auto& self = *static_cast<const Parser*>(task->privdata);
    for (const OversizedItem& item : *self.oversized) {
      if (item.item == self.items - 1) {
        reply.kind = Reply::Kind::oversized;
        reply.integer = static_cast<std::int64_t>(item.bytes);
        return &reply;
      }
    }
    reply.text.assign(text, size);
    return &reply;
  }
  static void* create_array(const redisReadTask* task, int elements) noexcept {
    Reply& reply = place(task, Reply::Kind::array);
    reply.elements.resize(static_cast<std::size_t>(elements));
    return &reply;
  }
  static void* create_integer(const redisReadTask* task, long long value) noexcept {
    Reply& reply = place(task, Reply::Kind::integer);
    reply.integer = value;
    return &reply;
  }
  static void* create_nil(const redisReadTask* task) noexcept {
    return &place(task, Reply::Kind::nil);
  }
};

RespReader::RespReader(const FrameLimits& limits)
    : gate_(limits), parser_(std::make_unique<Parser>()) {}
RespReader::~RespReader() = default;
RespReader::RespReader(RespReader&&) noexcept = default;
RespReader& RespReader::operator=(RespReader&&) noexcept = default;

void RespReader::feed(std::string_view bytes) {
  ensure(input_.empty() || fault_.has_value(), "one piece is read to its end before the next");
  input_ = bytes;
}

std::expected<const Reply*, ReadFault> RespReader::next() {
  while (!fault_.has_value()) {
    const FrameGate::Step step = gate_.measure(input_);
    const std::string_view piece = input_.substr(0, step.measured);
    input_.remove_prefix(step.measured);
    switch (step.verdict) {
      case FrameGate::Verdict::more:
        if (!skipping_) {
          frame_.append(piece);
        }
        return nullptr;
      case FrameGate::Verdict::skip:
        // The parser sees an empty string in its place, and knows by the item's number.
        frame_.append(piece);
        frame_.resize(frame_.size() - step.header);
        frame_.append("$0\r\n");
        skipping_ = true;
        break;
      case FrameGate::Verdict::skipped: skipping_ = false; break;
      case FrameGate::Verdict::complete: {
        if (frame_.empty()) {
          return parse(piece);
        }
        frame_.append(piece);
        const std::string frame = std::exchange(frame_, {});
        return parse(frame);
      }
      case FrameGate::Verdict::fault: fault_ = ReadFault{gate_.fault()}; break;
    }
  }
  return std::unexpected(*fault_);
}

std::expected<const Reply*, ReadFault> RespReader::parse(std::string_view frame) {
  parser_->items = 0;
  parser_->oversized = &gate_.oversized();
  void* reply = nullptr;
  if (redisReaderFeed(parser_->reader, frame.data(), frame.size()) != REDIS_OK ||
      redisReaderGetReply(parser_->reader, &reply) != REDIS_OK) {
    fault_ = ReadFault{parser_->reader->errstr};
    return std::unexpected(*fault_);
  }
  ensure(reply == &parser_->root, "a whole frame gives one whole reply");
  return &parser_->root;
}

}  // namespace arbees::redis
