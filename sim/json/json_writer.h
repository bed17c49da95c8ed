#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace arbees::sim {

/// Writes JSON for people and programs alike: indented, members in the order of the calls.
class JsonWriter {
 public:
  void open_object() { open('{', '}'); }
  void open_list() { open('[', ']'); }
  void close();
  /// Begins the next item of a list.
  void item();
  /// Begins the next member of an object.
  void key(std::string_view name);

  void text(std::string_view value);
  /// JSON as it stands: a number, true, false, null.
  void raw(std::string_view value) { out_ += value; }

  void member(std::string_view name, std::string_view value);
  void member(std::string_view name, std::uint64_t value);
  void raw_member(std::string_view name, std::string_view value);
  void flag(std::string_view name, bool value) { raw_member(name, value ? "true" : "false"); }
  /// A number, and from 2^53 on its digits as a text: other readers would round it.
  void seed(std::uint64_t value);

  /// Everything written, with a line end.
  [[nodiscard]] std::string take();

 private:
  void open(char bracket, char closing);
  void line();

  std::string out_;
  std::vector<char> closing_;
  bool first_ = true;  ///< nothing stands yet in the innermost bracket
};

}  // namespace arbees::sim
