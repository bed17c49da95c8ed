#include "prod/games/games_file.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/events/event_text.h"
#include "core/settings/nearest_word.h"

namespace arbees::prod {
namespace {

using nlohmann::json;

constexpr std::size_t longest_name = 200;
constexpr int deepest = 2;
constexpr std::array<std::string_view, 4> keys{"id", "sport", "kalshi_market_id",
                                               "polymarket_market_id"};

std::string shown(std::string_view text) {
  std::string out = "\"";
  append_visible(out, text.substr(0, 60), Charset::utf8);
  return out + (text.size() > 60 ? "…\"" : "\"");
}

std::string line_and_column(std::string_view text, std::size_t byte) {
  const std::string_view before = text.substr(0, byte);
  const auto line = std::ranges::count(before, '\n') + 1;
  const std::size_t start =
      before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  return "line " + std::to_string(line) + ", column " + std::to_string(before.size() - start + 1);
}

/// Builds the document and notices what a document cannot show: repeated keys, and depth.
class Parse {
 public:
  std::expected<json, std::string> run(std::string_view text) {
    const auto look = [this](int depth, json::parse_event_t event, json& value) {
      observe(depth, event, value);
      return !problem_;  // what is refused here is dropped, not built
    };
    try {
      json document = json::parse(text, look, true, true);
      if (problem_) {
        return std::unexpected(*problem_);
      }
      return document;
    } catch (const json::parse_error& error) {
      if (problem_) {
        return std::unexpected(*problem_);
      }
      const std::size_t byte = error.byte > 0 ? error.byte - 1 : 0;
      return std::unexpected(line_and_column(text, std::min(byte, text.size())) +
                             ": this is not JSON; expected a list of games, "
                             "[{\"id\": \"…\", \"sport\": \"…\"}, …]");
    }
  }

 private:
  void observe(int depth, json::parse_event_t event, const json& value) {
    if (event == json::parse_event_t::object_start) {
      seen_.clear();
    }
    const bool starts =
        event == json::parse_event_t::object_start || event == json::parse_event_t::array_start;
    if (starts && depth >= deepest && !problem_) {
      problem_ = "nothing in a list of games is nested; expected [{\"id\": …, \"sport\": …}, …]";
    }
    if (event == json::parse_event_t::key && !seen_.insert(value.get<std::string>()).second &&
        !problem_) {
      problem_ = "the key " + shown(value.get<std::string>()) + " comes twice in one game";
    }
  }

  std::set<std::string> seen_;
  std::optional<std::string> problem_;
};

/// A member as text: empty if it is missing or null.
std::expected<std::string, std::string> text_member(const json& game, std::string_view key) {
  const auto found = game.find(key);
  if (found == game.end() || found->is_null()) {
    return std::string();
  }
  if (!found->is_string()) {
    return std::unexpected(std::string(key) + " is a text, in quotes");
  }
  auto text = found->get<std::string>();
  if (text.size() > longest_name) {
    return std::unexpected(std::string(key) + " has more than " + std::to_string(longest_name) +
                           " bytes");
  }
  return text;
}

std::expected<LiveGame, std::string> read_game(const json& game) {
  if (!game.is_object()) {
    return std::unexpected("expected a game, {\"id\": \"…\", \"sport\": \"…\"}");
  }
  for (const auto& [key, value] : game.items()) {
    if (std::ranges::find(keys, key) == keys.end()) {
      return std::unexpected(shown(key) + " is no key of a game" + suggestion(key, keys));
    }
  }
  std::array<std::string, keys.size()> values;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    auto text = text_member(game, keys[i]);
    if (!text) {
      return std::unexpected(text.error());
    }
    values[i] = *std::move(text);
  }
  if (values[0].empty() || values[1].empty()) {
    return std::unexpected("a game needs \"id\" and \"sport\"");
  }
  // Sports go over the wire in lower case; the existing system writes both.
  std::ranges::transform(values[1], values[1].begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return LiveGame{.id = GameId(values[0]),
                  .sport = values[1],
                  .kalshi_market_id = values[2],
                  .polymarket_market_id = values[3]};
}

}  // namespace

std::expected<std::vector<LiveGame>, std::string> parse_games(std::string_view text) {
  const auto document = Parse().run(text);
  if (!document) {
    return std::unexpected(document.error());
  }
  if (!document->is_array()) {
    return std::unexpected("expected a list of games, [{\"id\": \"…\", \"sport\": \"…\"}, …]");
  }
  std::vector<LiveGame> games;
  std::set<GameId> ids;
  for (const json& element : *document) {
    auto game = read_game(element);
    const std::string place = "game " + std::to_string(games.size() + 1);
    if (!game) {
      return std::unexpected(place + ": " + game.error());
    }
    if (!ids.insert(game->id).second) {
      return std::unexpected(place + ": the id " + shown(game->id.str()) +
                             " is in the list already");
    }
    games.push_back(*std::move(game));
  }
  return games;
}

}  // namespace arbees::prod
