#pragma once

#include <string>
#include <string_view>

#include "core/events/event.h"

namespace arbees::prod {

/// Appends the fields of an event to `out` as bytes that `unpack` gives back: what an event costs that is
/// kept and hardly ever read.
class FieldPacker final : public FieldVisitor {
 public:
  explicit FieldPacker(std::string& out) : out_(out) {}

  void text(std::string_view field, std::string_view value) override;
  void count(std::string_view field, std::uint64_t value) override;
  void flag(std::string_view field, bool value) override;
  void duration(std::string_view field, Duration value) override;
  void moment(std::string_view field, MonoTime value) override;
  void texts(std::string_view field, std::span<const std::string_view> values) override;

 private:
  std::string& out_;
};

/// Shows `visitor` the fields that a FieldPacker wrote, in the same order.
void unpack(std::string_view packed, FieldVisitor& visitor);

}  // namespace arbees::prod
