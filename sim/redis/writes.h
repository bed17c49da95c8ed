#pragma once

#include <span>
#include <string>
#include <vector>

namespace arbees::sim::redis {

using DatabaseIndex = unsigned;

/// One change of the data, as the command that makes the same change at a replica: nothing in it is
/// relative to the time it runs at.
struct Write {
  DatabaseIndex database;
  std::vector<std::string> words;

  friend bool operator==(const Write&, const Write&) = default;
};

/// Where changes go: the replicas' stream.
class WriteListener {
 public:
  virtual ~WriteListener() = default;
  /// What one command, one transaction or one expired key changed, in order; never empty. More than
  /// one is sent between MULTI and EXEC: a replica never shows half of it. Messages that were
  /// published are among them. Must not call the server back.
  virtual void on_writes(std::span<const Write> unit) = 0;
};

}  // namespace arbees::sim::redis
