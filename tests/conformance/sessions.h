#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tests/conformance/requests.h"

namespace arbees::testing {

/// What decides how a command fares, besides its words.
enum class ClientState : unsigned char {
  plain,
  in_multi,
  subscribed,
  unauthenticated,
  restricted,  ///< logged in as a user who may do little
  read_only    ///< at a replica
};
inline constexpr std::array<std::string_view, 6> state_names{
    "plain", "in MULTI", "subscribed", "unauthenticated", "restricted", "read-only"};

/// A user who may do everything, whatever becomes of "default"; any password will do.
inline constexpr std::string_view operator_name = "operator";

/// One connection as its replies tell: nothing is predicted.
struct Session {
  bool in_multi = false;
  bool subscribed = false;
  bool authenticated = true;
  std::string user = "default";
  std::vector<TypedCommand> queued;  ///< since MULTI

  [[nodiscard]] ClientState state(bool at_replica) const;
  /// A command was answered. `needs_password`: whoever is new must log in.
  void observe(const TypedCommand& command, const std::vector<std::string>& replies,
               bool needs_password);
};

/// In lower case: as the server compares names.
[[nodiscard]] std::string lower(std::string_view text);

}  // namespace arbees::testing
